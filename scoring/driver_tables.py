"""Reads input files as tables, by their extension, for models that are scored without code.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import gzip
import io
import json
import warnings
import zlib
from typing import Any, Sequence  # noqa: UP035  Python 3.8

import pandas as pd

FORMATS = ".csv, .tsv, .parquet, .json, .jsonl and .ndjson, each also with .gz"
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
            data = gzip.decompress(data) if data else data
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(f"is not a complete gzip file: {error}") from error
    if not data:
        raise Unreadable("is empty")
    return stem[stem.rfind(".") :] if "." in stem.rsplit("/", 1)[-1] else "", data


def read_table(extension: str, data: Any, text_columns: Sequence[Any], named: bool) -> pd.DataFrame:
    """Reads one unpacked file.

    Args:
        extension: What `unpack` returned.
        data: What `unpack` returned.
        text_columns: Names of columns whose values stay text, even when they look like numbers.
        named: Whether the model knows its columns by name, so that CSV must have a header.

    Raises:
        Unreadable: The format is unknown, or the content is not what the extension says.
    """
    try:
        if extension in (".csv", ".tsv"):
            return _read_csv(extension, data, text_columns, named)
        if extension == ".parquet":
            return pd.read_parquet(io.BytesIO(data))
        if extension == ".json":
            return _from_json(json.loads(bytes(data).decode("utf-8-sig")))
        if extension in (".jsonl", ".ndjson"):
            return _from_json_lines(bytes(data).decode("utf-8-sig"))
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
        frame = _strictly(body)
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


def _read_csv(extension: str, data: Any, text_columns: Sequence[Any], named: bool) -> pd.DataFrame:
    separator = "," if extension == ".csv" else "\t"
    header = 0 if named or not _starts_with_numbers(data, separator) else None
    return _strictly(data, sep=separator, header=header, dtype=dict.fromkeys(text_columns, str))


def _strictly(data: Any, **options: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        # By default pandas takes surplus values at the start of rows for an unnamed index, and
        # with index_col=False it drops those at their end, with no more than a warning.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            return pd.read_csv(io.BytesIO(data), index_col=False, **options)
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


def _from_json_lines(text: str) -> pd.DataFrame:
    return pd.DataFrame([json.loads(line) for line in text.splitlines() if line.strip()])
