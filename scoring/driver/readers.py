"""All readers, by the extensions of file names.

`shared/formats/input_formats.py` has the same formats on the side of the app, with how their files
are split. Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import io
from typing import Any

import pandas as pd

from .delimited_reader import CsvReader, DelimitedReader
from .json_readers import JsonLinesReader, JsonReader
from .reader import Columns, Reader, Unreadable


class ParquetReader(Reader):
    """Reads Parquet files."""

    def read(self, data: Any, columns: Columns) -> pd.DataFrame:
        """Reads an unpacked file."""
        del columns
        return pd.read_parquet(io.BytesIO(data))


READERS: dict[str, Reader] = {
    ".csv": CsvReader(),
    ".tsv": DelimitedReader("\t"),
    ".parquet": ParquetReader(),
    ".json": JsonReader(),
    ".jsonl": JsonLinesReader(),
    ".ndjson": JsonLinesReader(),
}


def reader_of(extension: str) -> Reader:
    """Returns the reader of an extension.

    Raises:
        Unreadable: The format is unknown.
    """
    if extension not in READERS:
        *most, last = READERS
        known = f"{', '.join(most)} and {last}, each also with .gz"
        raise Unreadable(f"has a format that is not read; {known} are")
    return READERS[extension]
