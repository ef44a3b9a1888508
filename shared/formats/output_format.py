"""The interface of a format of output files: it puts together what scorers have encoded."""

from collections.abc import Sequence
from typing import Protocol

from shared.formats.input_format import ReadRange
from shared.formats.table_head import TableHead

Columns = tuple[str, ...] | None
"""The names of columns; None where rows stand under none."""


class OutputFormat(Protocol):
    """A format of output files.

    Rows are encoded once, by the scorer (`scoring/driver/encoder.py`). The app takes the bytes of a
    mini-batch for one value that only this looks into; no rows are no bytes.
    """

    @property
    def name(self) -> str:
        """The name of the format, by which the scorer chooses its encoder."""
        ...

    @property
    def extension(self) -> str:
        """Extension of its files, in lower case, with the dot."""
        ...

    @property
    def content_type(self) -> str:
        """The media type of the output file."""
        ...

    def common_columns(self, parts: Sequence[tuple[str, Columns]]) -> tuple[Columns, str | None]:
        """Finds the columns that rows from several places have in one file.

        Args:
            parts: For each place with rows: what to call it, and its columns.

        Returns:
            The columns, and what is wrong where the rows do not fit together (else None).
        """
        ...

    def header(self, columns: Columns) -> bytes:
        """Returns what a file has before its rows; empty for nothing."""
        ...

    def can_be(self, rows: bytearray, row_count: int) -> bool:
        """True if bytes are so many whole rows, as far as that is cheap to see.

        Args:
            rows: At least one byte; user code may have made them, in the place of the encoder.
            row_count: 1 or more.
        """
        ...

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Joins the rows of neighboring mini-batches, or of what was joined of them before."""
        ...

    def read_head(self, read: ReadRange, size: int, *, has_header: bool) -> TableHead:
        """Reads the first rows of a file, or of what a mini-batch gave.

        Args:
            read: Reads bytes of it; less than was asked for where no more of it is at hand.
            size: Its size in bytes.
            has_header: True if it begins with what `header` returned.
        """
        ...
