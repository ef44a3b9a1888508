"""Reads CSV and TSV files.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import io
import warnings
from typing import Any, Sequence  # noqa: UP035  Python 3.8

import pandas as pd

from .reader import Columns, Reader, Unreadable

_EXACT_FLOAT = 2.0**53


class DelimitedReader(Reader):
    """Reads files of values with a separator between them."""

    def __init__(self, separator: str) -> None:
        self._separator = separator

    def read(self, data: Any, columns: Columns) -> pd.DataFrame:
        """Reads an unpacked file."""
        return self._read(b"", data, columns)

    def read_piece(
        self, before: int, parts: Sequence[Any], columns: Columns
    ) -> tuple[pd.DataFrame, int]:
        """Returns the rows of a piece, and the number of the first of them in the file."""
        head, data, _ = parts
        is_header = self._has_header(head or data, columns)
        return self._read(head, data, columns), max(before - int(is_header), 0)

    def _read(self, head: Any, data: Any, columns: Columns) -> pd.DataFrame:
        is_header = self._has_header(head or data, columns)
        return _strictly(
            Joined([head, data]) if head and is_header else data,
            sep=self._separator,
            header=0 if is_header else None,
            dtype=dict.fromkeys(columns.texts, str),
        )

    def _has_header(self, data: Any, columns: Columns) -> bool:
        """True if the first record of a file names its columns."""
        return columns.named or not _starts_with_numbers(data, self._separator)


class CsvReader(DelimitedReader):
    """Reads CSV files."""

    def __init__(self) -> None:
        super().__init__(",")

    def read_alike(self, contents: Sequence[Any]) -> tuple[pd.DataFrame, list[int]] | None:
        """Reads files with equal headers and plain numbers at once, a third of the cost.

        Returns:
            All rows and each file's count, or None where reading the files one by one might differ.
        """
        first = bytes(contents[0])
        header = first[: first.find(b"\n") + 1]
        if not header or any(not _is_plain(data, header) for data in contents):
            return None
        counts = [data.count(b"\n") - 1 + (not data.endswith(b"\n")) for data in contents]
        # Each part ends its last line itself; a file's missing line break must not join two rows.
        parts = [data if data.endswith(b"\n") else data + b"\n" for data in contents]
        body = b"".join([header] + [part[len(header) :] for part in parts])
        try:
            # The files are plain numbers: reading them piece by piece saves no memory that matters.
            frame = _strictly(body, low_memory=False)
        except (Unreadable, ValueError, OverflowError):
            return None
        return (frame, counts) if len(frame) == sum(counts) and _is_exact(frame) else None


def _is_plain(data: Any, header: bytes) -> bool:
    return data.startswith(header) and b'"' not in data and b"\r" not in data


def _is_exact(frame: pd.DataFrame) -> bool:
    # A column that is whole in one file and fractional in another reads the same either way,
    # as long as its whole numbers are exact as floats.
    floats = frame.select_dtypes("float64").to_numpy()
    kinds = {str(dtype) for dtype in frame.dtypes}
    return kinds <= {"float64", "int64"} and not (abs(floats) >= _EXACT_FLOAT).any()


class Joined(io.RawIOBase):
    """A file made of parts, without a copy of them."""

    def __init__(self, parts: Sequence[Any]) -> None:
        super().__init__()
        self._parts = [memoryview(part) for part in parts if part]

    def readable(self) -> bool:
        """Tells that it is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer, or part of it; 0 at the end."""
        if not self._parts:
            return 0
        count = min(len(buffer), len(self._parts[0]))
        buffer[:count] = self._parts[0][:count]
        self._parts[0] = self._parts[0][count:]
        if not self._parts[0]:
            del self._parts[0]
        return count


def _strictly(data: Any, **options: Any) -> pd.DataFrame:
    source = io.BufferedReader(data) if isinstance(data, Joined) else io.BytesIO(data)
    with warnings.catch_warnings():
        # By default pandas takes surplus values at the start of rows for an unnamed index, and
        # with index_col=False it drops those at their end, with no more than a warning.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(source, index_col=False, **options)
        except pd.errors.ParserWarning as error:
            raise Unreadable("has more values in its rows than names in its header") from error


def _starts_with_numbers(data: Any, separator: str) -> bool:
    first = bytes(data[: data.find(b"\n")] if b"\n" in data else data)
    try:
        return bool([float(value) for value in first.decode("utf-8-sig").split(separator)])
    except ValueError:
        return False
