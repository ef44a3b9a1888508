"""Values that occur in many answers, with what their JSON Schemas say beyond the type."""

from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from shared.documents.validation import load_schema

JsonSchema = dict[str, Any]


class SchemaHandler(Protocol):
    """Makes the JSON Schema of a type as if it had no annotation."""

    def __call__(self, core_schema: Any, /) -> JsonSchema:  # noqa: ANN401 - pydantic's own
        """Returns the schema."""
        ...


@dataclass(frozen=True)
class Rule:
    """Adds a keyword to the JSON Schema of a type.

    Pydantic calls the method when schemas are made; the app itself does not import it.
    """

    keyword: str
    value: object

    def __get_pydantic_json_schema__(
        self, core_schema: object, handler: SchemaHandler
    ) -> JsonSchema:
        return {**handler(core_schema), self.keyword: self.value}


@dataclass(frozen=True)
class DeploymentKey:
    """Gives a type the JSON Schema that a key of a deployment's YAML form has."""

    name: str

    def __get_pydantic_json_schema__(
        self, core_schema: object, handler: SchemaHandler
    ) -> JsonSchema:
        del core_schema, handler
        return dict(load_schema("batch-deployment.json")["$defs"][self.name])


Count = Annotated[int, Rule("minimum", 0)]
Uri = Annotated[str, Rule("format", "uri")]
Time = Annotated[str, Rule("format", "date-time"), Rule("description", "ISO 8601, in UTC.")]
PastTime = Annotated[Time | None, Rule("description", "ISO 8601, in UTC; null before it happened.")]
Tags = dict[str, str]
