"""The OpenAPI document: the operations of openapi.yaml, with the app's own schemas put in.

`scripts/docs` makes openapi-answers.json, the schemas of answers, from the types in `api/answers`.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml

from shared.documents.validation import SCHEMA_FOLDER, load_schema
from shared.version import VERSION

Document = dict[str, Any]

COMPONENTS = "#/components/schemas/"
DEPLOYMENT = "batch-deployment.json"
INVOCATION = "invocation.json"


def openapi_document(base: str) -> Document:
    """Describes the API that is served at an address.

    Args:
        base: What all its URLs start with, without `/api`.
    """
    return {**_document(), "servers": [{"url": f"{base}/api"}]}


@cache
def _document() -> Document:
    document = yaml.load(_text("openapi.yaml"), Loader=yaml.CSafeLoader)
    spelling = {str(key).lower(): str(key) for key in document.pop("x-invocation-keys")}
    del document["x-shared"]
    document["info"]["version"] = VERSION
    forms = {
        _form_name(path.name): _embedded(path.name, spelling if path.name == INVOCATION else {})
        for path in sorted(SCHEMA_FOLDER.glob("*.json"))
    }
    forms["BatchDeploymentUpdateForm"] = _deployment_update()
    document["components"]["schemas"] |= {**json.loads(_text("openapi-answers.json")), **forms}
    return document


def _deployment_update() -> Document:
    """Form of a change to a deployment: no fixed fields, and none required."""
    form = _embedded(DEPLOYMENT, {})
    fixed = {"name", "endpoint_name"}
    return {
        "title": "A change of a deployment",
        "type": "object",
        "additionalProperties": False,
        "properties": {key: item for key, item in form["properties"].items() if key not in fixed},
    }


def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text("utf-8")


def _form_name(schema: str) -> str:
    """Returns the name of a schema in the document: BatchEndpointForm for `batch-endpoint.json`."""
    words = schema.removesuffix(".json").split("-")
    return "".join(word.capitalize() for word in words) + "Form"


def _embedded(name: str, spelling: Mapping[str, str]) -> Document:
    """One of the app's own schemas, with its references leading to where they are now."""
    own = {key: value for key, value in load_schema(name).items() if key not in {"$schema", "$id"}}
    if spelling:
        own["description"] = "Keys are read in any case, with or without underscores."
    return cast("Document", _moved(own, name, spelling))


def _moved(value: object, name: str, spelling: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_moved(item, name, spelling) for item in cast("list[object]", value)]
    if isinstance(value, str):
        return spelling.get(value, value)
    if not isinstance(value, dict):
        return value
    moved: Document = {}
    for key, item in cast("dict[str, object]", value).items():
        is_reference = key == "$ref" and isinstance(item, str)
        target = _reference(str(item), name) if is_reference else _moved(item, name, spelling)
        moved[spelling.get(key, key)] = target
    return moved


def _reference(reference: str, name: str) -> str:
    file, _, place = reference.partition("#")
    return COMPONENTS + _form_name(file or name) + place
