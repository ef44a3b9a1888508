"""Turns what user code returns into rows, without importing anything the user code did not.

Standard library only, Python 3.8: it runs in the scorer.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import sys
from typing import Any, NamedTuple

from .encoder import Encoder


class Rows(NamedTuple):
    """Rows in the output's format; `columns` is None where the result had no column names."""

    data: bytes
    row_count: int
    columns: list[str] | None


def to_rows(result: Any, encoder: Encoder) -> Rows:
    """Converts the result of `run()`.

    Args:
        result: A pandas DataFrame or Series, a numpy array of one or two dimensions, or a list or
            tuple whose elements are one row each.
        encoder: Writes the rows.

    Raises:
        TypeError: The result is something else.
    """
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None and isinstance(result, pandas.DataFrame):
        columns = [str(name) for name in result.columns]
        return Rows(encoder.encode_frame(result), len(result), columns)
    if pandas is not None and isinstance(result, pandas.Series):
        return Rows(encoder.encode_frame(result.to_frame()), len(result), None)
    if numpy is not None and isinstance(result, numpy.ndarray):
        if result.ndim not in (1, 2):
            raise TypeError(
                f"run() returned an array of {result.ndim} dimensions; it must have 1 or 2"
            )
        return Rows(encoder.encode_array(result), len(result), None)
    if isinstance(result, (list, tuple)):
        return Rows(encoder.encode_elements(result), len(result), None)
    kind = "None" if result is None else type(result).__name__
    raise TypeError(f"run() must return a pandas DataFrame, a list or an array; it returned {kind}")
