"""Finds control characters, which nobody writes on purpose and many a reader chokes on.

Tables, file systems, environment variables and terminals each break on some of them. Where text is
free, tabs and line breaks are text.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from shared.errors import ErrorDetail

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FREE_TEXT = frozenset(
    {"description", "tags", "conda_file", "environment_variables", "environmentvariables"}
)


def control_characters(document: object, at: str) -> Iterable[ErrorDetail]:
    """Finds the texts of a document that hold control characters, keys included.

    Args:
        document: Plain data.
        at: Its path within the request.
    """
    return (
        ErrorDetail(_message(found.group(), is_free=is_free), target or None, "ControlCharacter")
        for target, text, is_free in _texts(document, at, is_free=False)
        if (found := (_CONTROL_IN_TEXT if is_free else _CONTROL).search(text))
    )


def path_text(at: str, parts: Iterable[str | int]) -> str:
    """Writes a path within a request, such as `deployments[0].name`."""
    path = at
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def _texts(value: object, at: str, *, is_free: bool) -> Iterator[tuple[str, str, bool]]:
    """Each text with its path, and whether it may be of several lines."""
    if isinstance(value, str):
        yield at, value, is_free
    elif isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield at, key, False
            yield from _texts(item, path_text(at, [key]), is_free=is_free or key in FREE_TEXT)
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _texts(item, path_text(at, [index]), is_free=is_free)


def _message(character: str, *, is_free: bool) -> str:
    allowed = "of these, only tabs and line breaks" if is_free else "none of these"
    return f"holds the control character U+{ord(character):04X}; {allowed} may stand here"
