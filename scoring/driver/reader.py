"""The interface of a reader: it reads files of one format as tables.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

from typing import Any, NamedTuple, Sequence  # noqa: UP035  Python 3.8

import pandas as pd


class Unreadable(Exception):  # noqa: N818  a verdict on a file, not an error of the program
    """The file cannot be scored; the text says why."""


class Columns(NamedTuple):
    """Columns that a model knows.

    Attributes:
        texts: Names of columns whose values stay text, even when they look like numbers.
        named: True if it knows them by name, so that CSV must have a header.
    """

    texts: Sequence[Any]
    named: bool


class Reader:
    """Reads files of one format; whatever it raises says that the content is of another one."""

    def read(self, data: Any, columns: Columns) -> pd.DataFrame:
        """Reads an unpacked file."""
        raise NotImplementedError

    def read_piece(
        self, before: int, parts: Sequence[Any], columns: Columns
    ) -> tuple[pd.DataFrame, int]:
        """Returns the rows of a piece, and the number of the first of them in the file.

        Args:
            before: How many records the file has before those of the piece, a header among them.
            parts: What goes before the piece's records, the records, what goes behind.
            columns: What the model knows of its columns.
        """
        head, data, tail = parts
        return self.read(b"".join(parts) if head or tail else data, columns), before

    def read_alike(self, contents: Sequence[Any]) -> tuple[pd.DataFrame, list[int]] | None:
        """Reads many files at once where that is cheaper.

        Returns:
            All rows and each file's count, or None where reading the files one by one might differ.
        """
        del contents
        return None
