"""Reads YAML and JSON documents into plain data, strictly, with errors that point at the place."""

import json
import math
from collections.abc import Callable, Hashable
from typing import Any, Protocol, cast

import yaml

from shared.errors import MalformedError

MAX_DEPTH = 50
MAX_NUMBER = 64
"""Characters of a number; longer ones are no setting of anything."""
MAX_VALUES = 20_000
"""Values of a document, in all its depths; an upload of a thousand files has four thousand."""
_LARGEST = 2**63
_HARMLESS_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
_TOO_MANY = f"the document has more than {MAX_VALUES} values"


class _Mark(Protocol):
    """A place in a document, counted from 0."""

    line: int
    column: int


class _StrictLoader(yaml.CSafeLoader):
    """Refuses duplicate keys, which hide a value, and leaves dates as the text that they are."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the base class declares it so
        first: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(
        self, node: yaml.nodes.MappingNode, deep: bool = False
    ) -> dict[Hashable, Any]:
        """Builds a mapping whose keys are strings and occur once."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                raise _placed(f"the key '{key}' occurs twice", key_node.start_mark)
            seen.add(key)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


def _construct_number(loader: _StrictLoader, node: yaml.nodes.ScalarNode) -> int | float:
    """Builds a number of a bounded length: YAML's base 60 takes time by its length's square."""
    if len(node.value) > MAX_NUMBER:
        raise _placed(f"a number has more than {MAX_NUMBER} characters", node.start_mark)
    base: Callable[[_StrictLoader, yaml.nodes.ScalarNode], int | float]
    base = yaml.CSafeLoader.yaml_constructors[node.tag]
    return base(loader, node)


for _tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float"):
    _StrictLoader.add_constructor(_tag, _construct_number)


def _check_events(text: str) -> None:
    """Refuses what would explode when composed: aliases, deep nesting, and tags of any sort."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=_StrictLoader)):
        if number > 2 * MAX_VALUES:
            raise _placed(_TOO_MANY, event.start_mark)
        if isinstance(event, yaml.events.AliasEvent):
            raise _placed("aliases (*name) are not read; write the value out", event.start_mark)
        tag: str | None = getattr(event, "tag", None)
        if tag not in _HARMLESS_TAGS:
            raise _placed(f"the tag '{tag}' is not read; leave it out", event.start_mark)
        if isinstance(event, yaml.events.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.events.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _placed(f"nested more than {MAX_DEPTH} levels deep", event.start_mark)


def load_document(body: bytes) -> dict[str, Any]:
    """Reads one YAML (or JSON, a subset of it) document whose top is a mapping.

    Args:
        body: UTF-8 text.

    Raises:
        MalformedError: It cannot be read; the message gives line and column.
    """
    text = _decode(body)
    try:
        _check_events(text)
        document = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - derives from CSafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _placed(error.problem or "the YAML cannot be read", mark) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise MalformedError(f"the body cannot be read as YAML: {error}") from error
    return _mapping(document)


def load_json(body: bytes) -> dict[str, Any]:
    """Reads one JSON document whose top is an object.

    Raises:
        MalformedError: It cannot be read; the message gives line and column.
    """
    text = _decode(body)
    try:
        document = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"the body cannot be read as JSON: line {error.lineno}, column {error.colno}: "
            f"{error.msg}"
        ) from error
    except ValueError as error:  # a number with too many digits
        raise MalformedError(f"the body cannot be read as JSON: {error}") from error
    except RecursionError as error:
        raise MalformedError("the document is nested too deeply") from error
    return _mapping(document)


def _decode(body: bytes) -> str:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedError(f"the body is not UTF-8 text (byte {error.start})") from error
    if not text.strip():
        raise MalformedError("the body is empty; send a YAML or JSON document")
    return text


def _mapping(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise MalformedError("the document must be a mapping of keys to values at its top")
    if _count(cast("object", document)) > MAX_VALUES:
        raise MalformedError(_TOO_MANY)
    _check_plain(cast("object", document), MAX_DEPTH)
    return cast("dict[str, Any]", document)


def _count(document: object) -> int:
    count, left = 0, [document]
    while left and count <= MAX_VALUES:
        value = left.pop()
        count += 1
        if isinstance(value, dict):
            left += cast("dict[str, object]", value).values()
        elif isinstance(value, list):
            left += cast("list[object]", value)
    return count


def _check_plain(value: object, left: int) -> None:
    if left < 0:
        raise MalformedError(f"the document is nested more than {MAX_DEPTH} levels deep")
    if isinstance(value, float) and not math.isfinite(value):
        raise MalformedError(f"{value} is not a number that can be used here")
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            _check_text(key)
            _check_plain(item, left - 1)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            _check_plain(item, left - 1)
    elif isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        raise MalformedError("a whole number takes more than 64 bits")
    elif not isinstance(value, int | float | None):
        kind = type(value).__name__
        raise MalformedError(f"a value of YAML's kind '{kind}' has no place in JSON; write text")


def _check_text(text: str) -> None:
    """Refuses what JSON can escape and UTF-8 cannot hold."""
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedError("a text holds half of a character (a lone surrogate)")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        _check_text(key)
        if key in result:
            raise MalformedError(f"the key '{key}' occurs twice")
        result[key] = value
    return result


def _no_constant(name: str) -> None:
    raise MalformedError(f"{name} is not a JSON number")


def _placed(problem: str, mark: _Mark | None) -> MalformedError:
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    return MalformedError(f"the YAML cannot be read: {where}{problem}")
