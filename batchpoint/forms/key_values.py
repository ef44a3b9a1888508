"""Reads `KEY=VALUE` arguments, and sets values at places in a document."""

import json
import re
from collections.abc import Iterable
from typing import cast

from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def split_pair(text: str, separators: str = "=") -> tuple[str, str]:
    """Splits `KEY=VALUE` at the first separator.

    Raises:
        BatchpointError: It has no key or no separator.
    """
    match = re.fullmatch(rf"([^{separators}]+)[{separators}](.*)", text, re.DOTALL)
    if match is None:
        raise BatchpointError(f"'{text}' should be KEY{separators[0]}VALUE")
    return match[1].strip(), match[2]


def read_value(text: str) -> object:
    """A value as JSON where it is that (`3`, `true`, `{"a": 1}`), and otherwise as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def read_tags(pairs: Iterable[str]) -> dict[str, str]:
    """Reads `KEY=VALUE` tags, whose values are always text."""
    return dict(split_pair(pair) for pair in pairs)


def read_traffic(pairs: Iterable[str]) -> dict[str, int]:
    """Reads `DEPLOYMENT:SHARE` or `DEPLOYMENT=SHARE`.

    Raises:
        BatchpointError: A share is not 0 or 100, which is all that a batch endpoint has.
    """
    traffic: dict[str, int] = {}
    for pair in pairs:
        name, share = split_pair(pair, ":=")
        if share not in {"0", "100"}:
            raise BatchpointError(f"the traffic of '{name}' must be 0 or 100, not '{share}'")
        traffic[name] = int(share)
    return traffic


def assign(document: JsonObject, place: str, value: object) -> None:
    """Sets a value in a document, making the mappings that lead there.

    Args:
        document: Is changed.
        place: Such as `tags.team`, `deployments[0].mini_batch_size`, or
            `deployments.NAME.mini_batch_size`, also where deployments are a list.
        value: What to set.

    Raises:
        BatchpointError: The place cannot be in this document.
    """
    steps = _steps(place)
    holder: object = document
    for step in steps[:-1]:
        holder = _enter(holder, step, place)
    if isinstance(holder, dict):
        cast("JsonObject", holder)[steps[-1]] = value
    elif isinstance(holder, list):
        items = cast("list[object]", holder)
        items[_position(items, steps[-1], place)] = value
    else:
        raise _no_place(place)


def _steps(place: str) -> list[str]:
    if not re.fullmatch(r"[^.\[\]]+(\.[^.\[\]]+|\[\d+\])*", place):
        raise BatchpointError(f"'{place}' is not a place in a document; write it as a.b or a[0].b")
    return [name or index for name, index in _STEP.findall(place)]


def _enter(holder: object, step: str, place: str) -> object:
    if isinstance(holder, dict):
        mapping = cast("JsonObject", holder)
        if mapping.get(step) is None:
            mapping[step] = {}
        return mapping[step]
    if isinstance(holder, list):
        items = cast("list[object]", holder)
        return items[_position(items, step, place)]
    raise _no_place(place)


def _position(items: list[object], step: str, place: str) -> int:
    if step.isdigit() and int(step) < len(items):
        return int(step)
    for position, item in enumerate(items):
        if isinstance(item, dict) and cast("JsonObject", item).get("name") == step:
            return position
    raise _no_place(place)


def _no_place(place: str) -> BatchpointError:
    return BatchpointError(f"the document has no place '{place}' to set")
