r"""Writes values, rows and tables as CSV text, without importing anything the user code did not.

Cells are quoted where they hold a comma, a quote or a line break; lines end with `\n`; floats are
written so that they read back as the same number; missing values are empty cells.
Standard library only, Python 3.8: it runs in the scorer.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import csv
import json
import re
from typing import Any

_NEEDS_QUOTES = re.compile('[,"\r\n]')
_EXACT_KINDS = ("float64", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64")


def encoded(text: str) -> bytes:
    """Returns the text in UTF-8; what that cannot write becomes a question mark."""
    return text.encode("utf-8", "replace")


def cells(array: Any) -> list[Any]:
    """Returns a numpy array's elements so that `cell` writes them with the array's precision."""
    if array.dtype.name in _EXACT_KINDS or array.dtype.kind in "OUSb":
        return array.tolist()
    if array.ndim > 1:
        return [cells(row) for row in array]
    return [str(value) if value == value else "" for value in array]  # noqa: PLR0124  NaN


def cell(value: Any) -> str:
    """Writes one value as a CSV cell."""
    if isinstance(value, float):
        # float.__repr__, because numpy's float64 is a float whose own repr says `np.float64(…)`.
        return float.__repr__(value) if value == value else ""  # noqa: PLR0124  NaN
    if value is None:
        return ""
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = str(value)
    if _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def line(values: Any) -> str:
    """Writes one row; a single empty cell is quoted, for a blank line would not count as a row."""
    return ",".join(map(cell, values)) or '""'


def lines(rows: Any) -> str:
    """Writes one row for each element.

    Raises:
        TypeError: An element has several dimensions.
    """
    return "".join([line(_row(row)) + "\n" for row in rows])


def _row(element: Any) -> Any:
    if isinstance(element, (str, bytes, dict)):
        return (element,)
    if isinstance(element, (list, tuple)):
        return element
    shape = getattr(element, "shape", None)
    if isinstance(shape, tuple) and shape:
        if len(shape) > 1:
            raise TypeError(
                "run() returned a list with an element of several dimensions; each is one row"
            )
        return cells(getattr(element, "values", element))
    return (element,)


def frame_text(frame: Any) -> str:
    """Writes the rows of a pandas DataFrame, without its index."""
    text: str = frame.to_csv(index=False, header=False)
    if "\r" in text:
        # Older Pythons leave a lone carriage return unquoted, which readers take for a line end.
        text = frame.to_csv(index=False, header=False, quoting=csv.QUOTE_NONNUMERIC)
    return text
