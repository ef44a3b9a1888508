"""Checks documents against the JSON Schemas and names each violation by its path."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from shared.documents.control_characters import control_characters, path_text
from shared.errors import ErrorDetail, InvalidError

SCHEMA_FOLDER = Path(__file__).parent / "schemas"
PUBLIC_SCHEMAS = (
    "batch-endpoint.json",
    "batch-deployment.json",
    "invocation.json",
    "asset.json",
    "model.json",
    "environment.json",
    "data.json",
    "datastore.json",
    "compute.json",
    "schedule.json",
    "webhook.json",
)
MAX_DETAILS = 100
"""Violations that are named at once."""
_MAX_KEY = 64
TYPE_NAMES = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Reads one of the app's own schemas by its file name."""
    return cast("dict[str, Any]", json.loads((SCHEMA_FOLDER / name).read_text("utf-8")))


def _pattern(
    validator: Any,  # noqa: ANN401 - the kind that is being made here
    pattern: str,
    value: object,
    _schema: object,
) -> Iterable[ValidationError]:
    """Takes a last `$` for the end, as JSON Schema does: Python's matches before a newline too."""
    strict = pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern
    if validator.is_type(value, "string") and re.search(strict, cast("str", value)) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_StrictValidator = cast(
    "type[Draft202012Validator]", validators.extend(Draft202012Validator, {"pattern": _pattern})
)


@cache
def _validator(name: str) -> Draft202012Validator:
    resources = [
        (path.name, Resource[Any].from_contents(load_schema(path.name)))
        for path in SCHEMA_FOLDER.glob("*.json")
    ]
    registry: Registry[Any] = Registry[Any]().with_resources(resources)
    return _StrictValidator(load_schema(name), registry=registry)


def validate(document: Mapping[str, Any], schema: str, *, at: str = "") -> None:
    """Checks a document against a schema.

    Args:
        document: Plain data as `documents.py` reads it.
        schema: The file name of the schema.
        at: Path of the document within the request, put before each violation's path.

    Raises:
        InvalidError: With one detail for each violation, in the order of their paths.
    """
    # A document that is wrong in ten thousand places takes no longer to refuse than any other.
    errors = _validator(schema).iter_errors(cast("Any", document))
    found = (detail for error in errors for detail in _details(error, at))
    details = list(islice(found, MAX_DETAILS))
    details += islice(control_characters(document, at), MAX_DETAILS)
    if not details:
        return
    details.sort(key=lambda detail: detail.target or "")
    raise invalid(details)


def invalid(details: Iterable[ErrorDetail]) -> InvalidError:
    """Makes one error of several violations; its message is the first one's."""
    found = tuple(details)
    first = found[0]
    place = f"{first.target}: " if first.target else ""
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidError(f"{place}{first.message}{more}", target=first.target, details=found)


def _details(error: ValidationError, at: str) -> Iterable[ErrorDetail]:
    branches = [branch for branch in error.context or () if not _wrong_branch(branch)]
    if error.validator == "anyOf" and branches:
        for branch in branches:
            yield from _details(branch, at)
        return
    target = path_text(at, list(error.absolute_path))
    if error.validator == "additionalProperties":
        for key in _unknown_keys(error):
            yield ErrorDetail(_unknown(key, error), path_text(target, [_cut(key)]), "UnknownKey")
        return
    yield ErrorDetail(_message(error), target or None)


def _wrong_branch(error: ValidationError) -> bool:
    """True if an alternative of anyOf does not even have the right type, or is a missing twin."""
    return error.validator in {"type", "required"} and len(error.relative_path) == 0


def _unknown_keys(error: ValidationError) -> list[str]:
    known = error.schema.get("properties", {})  # type: ignore[union-attr]
    keys = (key for key in cast("dict[str, Any]", error.instance) if key not in known)
    return list(islice(keys, MAX_DETAILS))


def _cut(key: str) -> str:
    return key if len(key) <= _MAX_KEY else key[:_MAX_KEY] + "..."


def _unknown(key: str, error: ValidationError) -> str:
    key = _cut(key)
    known = sorted(error.schema.get("properties", {}))  # type: ignore[union-attr]
    near = difflib.get_close_matches(key, known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known keys are {', '.join(known)}"
    return f"unknown key '{key}'; {hint}"


def _message(error: ValidationError) -> str:
    kind, rule, value = str(error.validator), error.validator_value, error.instance
    if kind == "type":
        kinds = cast("list[str]", rule if isinstance(rule, list) else [rule])
        return f"must be {' or '.join(TYPE_NAMES[name] for name in kinds)}, not {_short(value)}"
    if kind == "required":
        missing = [key for key in cast("list[str]", rule) if key not in cast("Any", value)]
        return f"lacks {', '.join(repr(key) for key in missing)}"
    if kind == "pattern":
        rule_text = cast("dict[str, Any]", error.schema).get("description") or f"match {rule}"
        return f"{_short(value)} is not allowed here: {rule_text}"
    if kind in {"enum", "const"}:
        choices = cast("list[object]", rule if kind == "enum" else [rule])
        return f"must be {' or '.join(_short(choice) for choice in choices)}, not {_short(value)}"
    if kind == "anyOf":
        return _no_alternative(cast("list[dict[str, Any]]", rule), value)
    return _bound(kind, rule) or error.message


def _no_alternative(alternatives: list[dict[str, Any]], value: object) -> str:
    keys = [repr(branch["required"][0]) for branch in alternatives if "required" in branch]
    if keys and isinstance(value, dict):
        return f"lacks {' or '.join(keys)}"
    kinds = [TYPE_NAMES[branch["type"]] for branch in alternatives if "type" in branch]
    return f"must be {' or '.join(kinds)}, not {_short(value)}"


def _bound(kind: str, rule: object) -> str | None:
    texts = {
        "minimum": f"must be at least {rule}",
        "maximum": f"must be at most {rule}",
        "exclusiveMinimum": f"must be more than {rule}",
        "minLength": "must not be empty",
        "maxLength": f"must be at most {rule} characters long",
        "minItems": "must not be empty",
        "maxItems": f"must hold at most {rule} items",
        "minProperties": "names nothing to change",
        "maxProperties": f"must hold at most {rule} keys",
        "not": "is taken by the app itself; choose another",
    }
    return texts.get(kind)


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
