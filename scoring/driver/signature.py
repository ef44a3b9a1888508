"""Fits tables to an MLflow model's signature, kinder than MLflow where nothing is lost by it.

Whole numbers become floats and integral floats whole numbers, text becomes dates; what would lose
information is refused with the column's name. Runs in the scorer (Python 3.8 or newer).
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .reader import Columns, Unreadable

_DTYPES = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32"}
_LISTED = 10


class Signature:
    """A model's input signature, None standing for a model without one."""

    def __init__(self, schema: Any) -> None:
        self.is_tensor = schema is not None and bool(schema.is_tensor_spec())
        self.named = schema is not None and bool(schema.has_input_names())
        inputs = list(schema.inputs) if schema is not None else []
        self._tensor = inputs[0] if self.is_tensor and not self.named else None
        self._columns = {} if self.is_tensor else _columns(inputs, self.named)
        texts = [name for name, kind in self._columns.items() if kind == "string"]
        self.columns = Columns(texts, self.named)
        self._required = [
            spec.name for spec in inputs if self.named and getattr(spec, "required", True)
        ]
        self._dtypes = [_DTYPES.get(kind) for kind in self._columns.values()]

    @property
    def all_numbers(self) -> bool:
        """True if every column is a number, as whole tables of numbers are cheaper to read."""
        return bool(self._dtypes) and None not in self._dtypes

    def fit(self, frame: pd.DataFrame) -> Any:
        """Returns the table with the signature's columns and types, or the array it asks for.

        Raises:
            Unreadable: Columns are missing, or hold what the signature does not allow.
        """
        if self._tensor is not None:
            return _fit_tensor(frame, self._tensor)
        if self.named:
            frame = self._pick(frame)
        elif self._columns:
            frame = self._number(frame)
        if [str(dtype) for dtype in frame.dtypes] == self._dtypes or frame.empty:
            return frame
        kinds = self._columns
        return pd.DataFrame({name: _cast(frame[name], kinds.get(name)) for name in frame.columns})

    def _pick(self, frame: pd.DataFrame) -> pd.DataFrame:
        present = list(frame.columns)
        if present == list(self._columns):
            return frame
        missing = [name for name in self._required if name not in frame.columns]
        if missing:
            raise Unreadable(f"is missing {_listed(missing)}; it has {_listed(present)}")
        if len(set(present)) < len(present):
            raise Unreadable("has several columns of the same name")
        return frame[[name for name in self._columns or present if name in frame.columns]]

    def _number(self, frame: pd.DataFrame) -> pd.DataFrame:
        wanted = len(self._columns)
        if len(frame.columns) < wanted:
            raise Unreadable(f"has {len(frame.columns)} columns; the model expects {wanted}")
        return frame.iloc[:, :wanted].set_axis(range(wanted), axis=1)


def _columns(inputs: list[Any], named: bool) -> dict[Any, Any]:
    # Arrays, objects and maps have no simple name; MLflow checks those.
    return {
        (spec.name if named else index): getattr(spec.type, "name", None)
        for index, spec in enumerate(inputs)
    }


def _listed(names: list[Any]) -> str:
    shown = ", ".join(repr(name) for name in names[:_LISTED])
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"the column{'s' if len(names) > 1 else ''} {shown}{more}"


def _fit_tensor(frame: pd.DataFrame, tensor: Any) -> Any:
    shape = tuple(tensor.shape)
    width = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    if -1 in shape[1:] or len(frame.columns) != width:
        raise Unreadable(
            f"has {len(frame.columns)} columns; the model expects arrays of shape {shape}"
        )
    try:
        return frame.to_numpy(dtype=tensor.type).reshape((-1, *shape[1:]))
    except (ValueError, TypeError) as error:
        raise Unreadable(f"does not hold {tensor.type} alone: {error}") from error


def _cast(column: Any, kind: str | None) -> Any:
    if column.dtype.kind == "O" and kind != "string":
        column = _numbers_of_objects(column.infer_objects())
    if kind in _DTYPES:
        return _cast_number(column, kind)
    if kind == "boolean" and column.dtype.kind in "iu" and column.isin([0, 1]).all():
        return column.astype(bool)
    if kind == "boolean" and column.dtype.kind not in "bO":
        raise _misfit(column, kind)
    if kind == "string" and column.dtype.kind in "biuf":
        return column.astype(str)
    if kind == "datetime" and column.dtype.kind != "M":
        return _cast_datetime(column)
    return column


def _cast_number(column: Any, kind: str) -> Any:
    source, target = column.dtype.kind, np.dtype(_DTYPES[kind])
    if source not in "iuf":
        raise _misfit(column, kind)
    if target.kind == "f":
        return column.astype(target)
    if column.isna().any():
        raise Unreadable(f"has missing values in the column {column.name!r}; {kind} has none")
    if source == "f" and not (column % 1 == 0).all():
        raise _misfit(column[column % 1 != 0], kind)
    limits = np.iinfo(target)
    outside = column[(column < limits.min) | (column > limits.max)]
    if len(outside):
        raise _misfit(outside, kind)
    return column.astype(target)


def _cast_datetime(column: Any) -> Any:
    if column.dtype.kind in "biuf":
        raise _misfit(column, "datetime")
    try:
        return pd.to_datetime(column)
    except (ValueError, TypeError) as error:
        raise _misfit(column, "datetime") from error


def _numbers_of_objects(column: Any) -> Any:
    kinds = ("decimal", "integer", "floating", "mixed-integer-float")
    if pd.api.types.infer_dtype(column, skipna=True) in kinds:
        return pd.to_numeric(column)
    return column


def _misfit(column: Any, kind: str) -> Unreadable:
    found = column.dropna()
    if column.dtype.kind not in "biufM" and kind in _DTYPES:
        odd = found[pd.to_numeric(found, errors="coerce").isna()]
        found = odd if len(odd) else found
    example = f", such as {found.iloc[0]!s:.100}" if len(found) else ""
    return Unreadable(
        f"has {column.dtype} in the column {column.name!r}{example}; the model expects {kind}"
    )
