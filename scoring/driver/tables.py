"""Reads input files as tables, by their extension, for models that are scored without code.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import gzip
import io
import zlib
from typing import Any, Callable, TypeVar  # noqa: UP035  Python 3.8

import pandas as pd

from .reader import Columns, Reader, Unreadable
from .readers import reader_of

T = TypeVar("T")

MAX_UNPACKED = 2**30


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


def read_table(extension: str, data: Any, columns: Columns) -> pd.DataFrame:
    """Reads one unpacked file.

    Args:
        extension: What `unpack` returned.
        data: What `unpack` returned.
        columns: What the model knows of its columns.

    Raises:
        Unreadable: The format is unknown, or the content is not what the extension says.
    """
    return _read(extension, lambda reader: reader.read(data, columns))


def read_piece(
    name: str, before: int, parts: list[bytearray], columns: Columns
) -> tuple[pd.DataFrame, int]:
    """Reads a piece of a file: some of its records, which came without those before them.

    Args:
        name: The file's name.
        before: How many records the file has before those of the piece, a header among them.
        parts: The file's first record, if the piece begins later; its records; what goes behind.
        columns: What the model knows of its columns.

    Returns:
        The rows of the piece, and the number of the first of them in the file.

    Raises:
        Unreadable: The format is unknown, or the content is not what the extension says.
    """
    extension, _ = unpack(name, parts[1])
    return _read(extension, lambda reader: reader.read_piece(before, parts, columns))


def _read(extension: str, read: Callable[[Reader], T]) -> T:
    reader = reader_of(extension)
    try:
        return read(reader)
    except (MemoryError, Unreadable):
        raise
    except Exception as error:
        raise Unreadable(f"is not readable as {extension[1:]}: {error}") from error
