"""Reads input files as tables, by their extension, for models that are scored without code.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import codecs
import gzip
import io
import json
import warnings
import zlib
from typing import Any, Sequence  # noqa: UP035  Python 3.8

import pandas as pd

FORMATS = ".csv, .tsv, .parquet, .json, .jsonl and .ndjson, each also with .gz"
MAX_UNPACKED = 2**30
_EXACT_FLOAT = 2.0**53


class Unreadable(Exception):  # noqa: N818  a verdict on a file, not an error of the program
    """The file cannot be scored; the text says why."""


def unpack(name: str, data: Any) -> tuple[str, Any]:
    """Returns a file's extension in lower case, without `.gz`, and its unpacked content.

    Raises:
        Unreadable: The file is empty, or not the gzip file that its name promises.
    """
    stem = name.lower()
    if stem.endswith(".gz"):
        stem = stem[:-3]
        try:
            data = _unpacked(data) if data else data
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(f"is not a complete gzip file: {error}") from error
    if not data:
        raise Unreadable("is empty")
    return stem[stem.rfind(".") :] if "." in stem.rsplit("/", 1)[-1] else "", data


def _unpacked(data: Any) -> bytes:
    # A few kilobytes can unpack to more than all memory.
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        content = file.read(MAX_UNPACKED + 1)
    if len(content) > MAX_UNPACKED:
        raise Unreadable(f"unpacks to more than {MAX_UNPACKED} bytes")
    return content


def read_table(
    extension: str, data: Any, text_columns: Sequence[Any], named: bool, head: Any = b""
) -> pd.DataFrame:
    """Reads one unpacked file, or some records of one.

    Args:
        extension: What `unpack` returned.
        data: What `unpack` returned.
        text_columns: Names of columns whose values stay text, even when they look like numbers.
        named: Whether the model knows its columns by name, so that CSV must have a header.
        head: The first record of a CSV file, where `data` has only later ones.

    Raises:
        Unreadable: The format is unknown, or the content is not what the extension says.
    """
    try:
        if extension in (".csv", ".tsv"):
            return _read_csv(extension, head, data, text_columns, named)
        if extension == ".parquet":
            return pd.read_parquet(io.BytesIO(data))
        if extension == ".json":
            return _from_json(json.loads(bytes(data).decode("utf-8-sig")))
        if extension in (".jsonl", ".ndjson"):
            return _from_json_lines(data)
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"is not readable as {extension[1:]}: {error}") from error
    raise Unreadable(f"has a format that is not read; {FORMATS} are")


def read_alike(contents: Sequence[Any]) -> tuple[pd.DataFrame, list[int]] | None:
    """Reads CSV files with equal headers and plain numbers at once, a third of the cost.

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


def has_header(extension: str, data: Any, named: bool) -> bool:
    """Whether the first record of a CSV file names its columns.

    Args:
        extension: `.csv` or `.tsv`.
        data: The file's content, or its first record.
        named: Whether the model knows its columns by name, so that there must be a header.
    """
    return named or not _starts_with_numbers(data, _separator(extension))


def _separator(extension: str) -> str:
    return "," if extension == ".csv" else "\t"


def _read_csv(
    extension: str, head: Any, data: Any, text_columns: Sequence[Any], named: bool
) -> pd.DataFrame:
    is_header = has_header(extension, head or data, named)
    return _strictly(
        Joined([head, data]) if head and is_header else data,
        sep=_separator(extension),
        header=0 if is_header else None,
        dtype=dict.fromkeys(text_columns, str),
    )


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


def _from_json(content: Any) -> pd.DataFrame:
    if isinstance(content, dict):
        for wrapper in ("dataframe_split", "dataframe_records"):
            if wrapper in content:
                return _from_json(content[wrapper])
        if "data" in content and "columns" in content:
            return pd.DataFrame(content["data"], columns=content["columns"])
        if content and all(isinstance(value, list) for value in content.values()):
            return pd.DataFrame(content)
        return pd.DataFrame([content])
    if isinstance(content, list):
        return pd.DataFrame(content)
    raise Unreadable("is neither a list of records nor an object with `columns` and `data`")


def _from_json_lines(data: Any) -> pd.DataFrame:
    # As bytes: splitlines() of text also splits where JSON's strings may have what is no line end.
    lines = bytes(data).splitlines()
    if lines and lines[0].startswith(codecs.BOM_UTF8):
        lines[0] = lines[0][len(codecs.BOM_UTF8) :]
    return pd.DataFrame([json.loads(line.decode()) for line in lines if line.strip()])
