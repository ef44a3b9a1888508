"""Writes api/openapi-answers.json, the schemas of answers, from the types in api/answers."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import is_typeddict

from api.answers import (
    endpoints,
    job_contents,
    jobs,
    pages,
    principals,
    resources,
    schedules,
    service,
    uploads,
    webhooks,
)

TARGET = Path(__file__).resolve().parents[1] / "api" / "openapi-answers.json"
MODULES = (
    endpoints,
    job_contents,
    jobs,
    pages,
    principals,
    resources,
    schedules,
    service,
    uploads,
    webhooks,
)
LISTS = (
    endpoints.Endpoint,
    endpoints.Deployment,
    job_contents.JobEvent,
    job_contents.Log,
    job_contents.OutputFile,
    job_contents.ScoredMiniBatch,
    jobs.JobSummary,
    resources.Compute,
    resources.Data,
    resources.Datastore,
    resources.Environment,
    resources.Model,
    schedules.Schedule,
    service.SchemaLink,
    webhooks.Webhook,
)
ALONE = (
    endpoints.BuildLog,
    endpoints.Inbox,
    job_contents.MiniBatchPage,
    job_contents.OutputPreview,
    jobs.Job,
    service.Error,
    service.Health,
    service.Housekeeping,
    service.StudioConfig,
    uploads.Upload,
)
CONFIG = ConfigDict(use_attribute_docstrings=True)


class Schemas(GenerateJsonSchema):
    """Makes schemas without titles; the page of things is called list of them."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - pydantic's own
        """Leaves titles of keys out."""
        del schema
        return False

    def normalize_name(self, name: str) -> str:
        """Returns the name of a component for the name of a type."""
        return re.sub(r"^Page\[(\w+)\]$", r"\1List", name)


def main() -> None:
    """Writes the schemas."""
    TARGET.write_text(text(), encoding="utf-8")


def text() -> str:
    """Returns the schemas by the names of their components, as JSON."""
    return json.dumps(schemas(), indent=1, ensure_ascii=False) + "\n"


def document_text(more: Mapping[str, Any] | None = None) -> str:
    """Returns an OpenAPI document of the schemas, and of more, for what generates types of it."""
    about = {"title": "batchpoint", "version": "1"}
    components = {"schemas": {**schemas(), **(more or {})}}
    return json.dumps({"openapi": "3.1.0", "info": about, "paths": {}, "components": components})


def schemas() -> dict[str, Any]:
    """Returns the schemas by the names of their components."""
    for model in _models():
        model.__pydantic_config__ = CONFIG
    types = [*(pages.Page[item] for item in LISTS), *ALONE]
    adapters = [
        (str(index), "serialization", TypeAdapter(item)) for index, item in enumerate(types)
    ]
    _, found = TypeAdapter.json_schemas(
        adapters,
        ref_template="#/components/schemas/{model}",
        schema_generator=Schemas,
    )
    return {name: _untitled(schema) for name, schema in sorted(found["$defs"].items())}


def _models() -> Iterator[Any]:
    for module in MODULES:
        for item in vars(module).values():
            if is_typeddict(item):
                yield item


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "title"}


if __name__ == "__main__":
    main()
