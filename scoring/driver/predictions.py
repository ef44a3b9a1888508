"""Turns what a model's `predict` returns into rows, with the file and row each belongs to.

Runs in the scorer (Python 3.8 or newer).
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

from typing import Any, Sequence  # noqa: UP035  Python 3.8

import numpy as np
import pandas as pd

from .encoder import Encoder
from .rows import Rows


class Prediction:
    """Some predictions as a table, and the files that its rows belong to, in order."""

    def __init__(self, frame: pd.DataFrame, files: Sequence[tuple[str, int]] = ()) -> None:
        self.frame = frame
        self.files = files

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.frame)

    def split(self, files: Sequence[tuple[str, int]]) -> list[Prediction]:
        """Says how many of the rows, in order, belong to which file."""
        return [Prediction(self.frame, files)]


def to_prediction(result: Any) -> Prediction:
    """Names the columns of what `predict` returned.

    Raises:
        TypeError: The result is nothing that has rows.
    """
    if isinstance(result, pd.DataFrame):
        return Prediction(result)
    if isinstance(result, pd.Series):
        return Prediction(result.to_frame(result.name or "prediction"))
    if isinstance(result, dict):
        return Prediction(pd.DataFrame({name: list(value) for name, value in result.items()}))
    if isinstance(result, list):
        return Prediction(pd.DataFrame({"prediction": result}))
    array = np.asarray(result)
    if array.ndim == 1:
        return Prediction(pd.DataFrame({"prediction": array}, copy=False))
    if array.ndim == 2:
        names = [f"prediction_{index}" for index in range(array.shape[1])]
        return Prediction(pd.DataFrame(array, columns=names, copy=False))
    raise TypeError(f"the model returned {type(result).__name__} of {array.ndim} dimensions")


def join(parts: Sequence[Any]) -> Any:
    """Joins tables or arrays that are alike; None where they are not, or there are none."""
    if not parts:
        return None
    first = parts[0]
    if isinstance(first, np.ndarray):
        return first if len(parts) == 1 else np.concatenate(parts)
    for part in parts[1:]:
        if list(part.columns) != list(first.columns) or list(part.dtypes) != list(first.dtypes):
            return None
    return first if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def with_places(part: Prediction, first_row: int) -> pd.DataFrame:
    """Returns the predictions with the columns `file` and `row` before their own."""
    frame = part.frame.reset_index(drop=True)
    counts = [count for _, count in part.files]
    rows = np.concatenate([np.arange(first_row, first_row + count) for count in counts])
    files = np.repeat(np.array([file for file, _ in part.files], dtype=object), counts)
    frame.insert(0, "row", rows, allow_duplicates=True)
    frame.insert(0, "file", files, allow_duplicates=True)
    return frame


def to_rows(predictions: Sequence[Prediction], encoder: Encoder, first_row: int = 0) -> Rows:
    """Writes predictions with the columns `file`, `row` and the predictions' own.

    Args:
        predictions: In the order of their rows.
        encoder: Writes the rows.
        first_row: The number of each file's first row.
    """
    if not predictions:
        return Rows(b"", 0, None)
    columns = ["file", "row", *[str(name) for name in predictions[0].frame.columns]]
    data = encoder.encode_predictions(predictions, first_row)
    return Rows(data, sum(part.count for part in predictions), columns)
