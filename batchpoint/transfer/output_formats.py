"""The formats of outputs, as far as rows of mini-batches are put together here."""

import csv
import io
from typing import Protocol


class OutputFormat(Protocol):
    """A format of output files.

    Attributes:
        file_name: The name of a file where the job gives none.
    """

    file_name: str

    def header(self, columns: list[str] | None) -> bytes:
        """Returns what a file has before its rows; empty for nothing."""
        ...

    def fits(self, columns: list[str] | None, first: list[str] | None) -> bool:
        """True if rows with some columns can follow rows with the first ones."""
        ...


class CsvOutput:
    """Rows of CSV follow each other as they are, under one header."""

    file_name = "predictions.csv"

    def header(self, columns: list[str] | None) -> bytes:
        """Returns the names of the columns as a line."""
        if columns is None:
            return b""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(columns)
        return text.getvalue().encode()

    def fits(self, columns: list[str] | None, first: list[str] | None) -> bool:
        """True if the columns are the same."""
        return columns == first


CSV = CsvOutput()
