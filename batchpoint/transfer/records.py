"""Reads the record of a mini-batch: a line of counts, a line of details, then its rows."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from batchpoint.errors import TransferError
from batchpoint.models import JsonObject

PIECE = 1 << 20


@dataclass(frozen=True)
class Record:
    """Result of a mini-batch without its rows, which stay in the file.

    Attributes:
        number: Which mini-batch.
        path: The record's file.
        start: Where its rows start.
        counts: Files, failed ones, rows, attempts, seconds.
        columns: The header that the rows go under; None where they go under none.
        failures: Each failed file (None where it is not known which one) with the reason.
    """

    number: int
    path: Path
    start: int
    counts: JsonObject
    columns: list[str] | None
    failures: list[tuple[str | None, str]]

    def copy_rows(self, sink: BinaryIO) -> None:
        """Appends the rows."""
        with self.path.open("rb") as source:
            source.seek(self.start)
            shutil.copyfileobj(source, sink, PIECE)


def read_record(number: int, path: Path) -> Record:
    """Reads all but the rows.

    Raises:
        TransferError: It is no record.
    """
    try:
        with path.open("rb") as source:
            counts: JsonObject = json.loads(source.readline())
            details: dict[str, Any] = json.loads(source.readline())
            failures = [(file, message) for file, message in details["failures"]]
            return Record(number, path, source.tell(), counts, details["columns"], failures)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TransferError(f"the record of mini-batch {number} cannot be read: {error}") from error
