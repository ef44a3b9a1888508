"""Records of scored mini-batches and of finished chunks.

A mini-batch's record has a line of counts, a line of details, then its rows. It is created once,
and whoever creates it first decides the mini-batch: that is what makes the output exactly-once
whatever is retried, duplicated or late.
"""

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any

from shared.jobs.model import Counts

COUNTS_LINE_BYTES = 256
BLOCK_ID_DIGITS = 8
_MAX_COUNT = 2**53


@dataclass(frozen=True)
class FileFailure:
    """Reason of a file's failure.

    `file` is None if it is not known which one of the mini-batch failed.
    """

    file: str | None
    message: str


@dataclass(frozen=True)
class WrittenFile:
    """A file that a script wrote: its path below the output folder, and where it is kept."""

    name: str
    blob: str


@dataclass(frozen=True)
class RecordCounts:
    """The counts of one mini-batch.

    Attributes:
        files: Files in the mini-batch.
        failed: How many of them failed.
        rows: Rows that came out.
        attempts: How often run() was tried.
        seconds: Time that the last run() took.
        gave_up: Whether every attempt failed.
        run: In which run of the job it was scored.
        ended_at: When it was recorded, in seconds since 1970; 0 where nobody noted it.
        file: The number in the input of the file that it is a piece of; None if it is not. Then
            `files` is 1 for the last piece alone, and `failed` is 1 for each piece that failed.
        piece: Which piece, from 0.
        first_row: The number in the file of the piece's first row.
        rows_in: How many rows the piece has; None, as `first_row`, where it is not known.
    """

    files: int
    failed: int
    rows: int
    attempts: int
    seconds: float
    gave_up: bool = False
    run: int = 1
    ended_at: float = 0
    file: int | None = None
    piece: int | None = None
    first_row: int | None = None
    rows_in: int | None = None

    def as_counts(self) -> Counts:
        """The same as a part of the job's counts; files of pieces are `tally`'s to count."""
        is_whole = self.file is None
        return Counts(
            files_scored=self.files - self.failed if is_whole else 0,
            files_failed=self.failed if is_whole else 0,
            mini_batches_done=1,
            mini_batches_failed=int(self.gave_up),
            mini_batches_retried=int(self.attempts > 1),
            rows=self.rows,
        )


def tally(records: Iterable[RecordCounts]) -> Counts:
    """Adds up counts of mini-batches, in which each file that is split counts as one.

    It has failed if one of its pieces has; else it is scored once its last piece is.
    """
    total = Counts()
    ended: set[int] = set()
    failed: set[int] = set()
    for item in records:
        total += item.as_counts()
        if item.file is not None and item.files:
            ended.add(item.file)
        if item.file is not None and item.failed:
            failed.add(item.file)
    return total + Counts(files_scored=len(ended - failed), files_failed=len(failed))


@dataclass(frozen=True)
class MiniBatchRecord:
    """The result of one mini-batch: counts, failures, and its rows in the format of the output.

    `written` are the files that the script wrote, where these are the output.
    """

    counts: RecordCounts
    columns: tuple[str, ...] | None = None
    failures: tuple[FileFailure, ...] = ()
    rows: bytes = b""
    written: tuple[WrittenFile, ...] = ()

    def encode(self) -> bytes:
        """Writes the record; the line of counts has a fixed length, so that it is read alone."""
        counts = asdict(replace(self.counts, seconds=round(self.counts.seconds, 6)))
        details = {
            "columns": self.columns,
            "failures": [[failure.file, failure.message] for failure in self.failures],
            "written": [[file.name, file.blob] for file in self.written],
        }
        line = json.dumps(counts).ljust(COUNTS_LINE_BYTES - 1)
        return f"{line}\n{json.dumps(details)}\n".encode() + self.rows

    @staticmethod
    def decode(data: bytes) -> "MiniBatchRecord":
        """Reads what `encode` wrote."""
        details_end = data.index(b"\n", COUNTS_LINE_BYTES)
        details = json.loads(data[COUNTS_LINE_BYTES:details_end])
        columns = details["columns"]
        return MiniBatchRecord(
            counts=decode_counts(data[:COUNTS_LINE_BYTES]),
            columns=None if columns is None else tuple(map(str, columns)),
            failures=tuple(_failure(*failure) for failure in details["failures"]),
            rows=data[details_end + 1 :],
            written=tuple(WrittenFile(*file) for file in details["written"]),
        )


def _failure(file: object, message: object) -> FileFailure:
    return FileFailure(file if isinstance(file, str) else None, str(message))


def decode_counts(line: bytes) -> RecordCounts:
    """Reads a record's first `COUNTS_LINE_BYTES` bytes."""
    return _usable(RecordCounts(**json.loads(line)))


@dataclass(frozen=True)
class StoredPart:
    """Rows that are kept in a blob of their own, as the output has no blocks left for them."""

    blob: str
    size: int


@dataclass(frozen=True)
class ChunkRecord:
    """Counts that a finished chunk adds to the job.

    Attributes:
        first: The number of its first mini-batch.
        mini_batches: Counts of each mini-batch, in the order of the input.
        columns: The header that its rows go under; None where they go under none.
        blocks: Ids of the staged blocks that hold its rows, in order.
        parts: The blobs that hold them instead, in order.
        run: Which run of the job gathered it.
    """

    first: int
    mini_batches: tuple[RecordCounts, ...]
    columns: tuple[str, ...] | None
    blocks: tuple[str, ...]
    run: int = 1
    parts: tuple[StoredPart, ...] = ()

    @property
    def end(self) -> int:
        """The number of the mini-batch after its last one."""
        return self.first + len(self.mini_batches)

    @property
    def has_rows(self) -> bool:
        """True if any of its mini-batches has rows."""
        return bool(self.blocks or self.parts)

    def encode(self) -> str:
        """Writes the record as compact JSON: a few dozen bytes a mini-batch."""
        rows = [_as_list(item) for item in self.mini_batches]
        document: dict[str, Any] = {
            "m": rows,
            "c": self.columns,
            "b": self.blocks,
            "r": self.run,
        }
        if self.parts:
            document["p"] = [list(astuple(part)) for part in self.parts]
        return json.dumps(document, separators=(",", ":"))

    @staticmethod
    def decode(first: int, text: str) -> "ChunkRecord":
        """Reads what `encode` wrote of the chunk that begins with that mini-batch."""
        document: dict[str, Any] = json.loads(text)
        columns = document["c"]
        return ChunkRecord(
            first=first,
            mini_batches=tuple(_usable(RecordCounts(*row)) for row in document["m"]),
            columns=None if columns is None else tuple(columns),
            blocks=tuple(document["b"]),
            parts=tuple(StoredPart(*part) for part in document.get("p", ())),
            run=document["r"],
        )


def encode_counts(counts: RecordCounts) -> str:
    """Writes counts as a compact JSON list."""
    return json.dumps(_as_list(counts), separators=(",", ":"))


def read_counts(text: str) -> RecordCounts:
    """Reads what `encode_counts` wrote."""
    return _usable(RecordCounts(*json.loads(text)))


def _usable(counts: RecordCounts) -> RecordCounts:
    """Returns the counts, with 0 for what a forged answer of a scorer has put there."""
    rows, seconds = counts.rows, counts.seconds
    if type(rows) is not int or not 0 <= rows <= _MAX_COUNT:
        counts = replace(counts, rows=0)
    if type(seconds) not in (int, float) or not math.isfinite(seconds):
        counts = replace(counts, seconds=0.0)
    return counts


def _as_list(counts: RecordCounts) -> tuple[Any, ...]:
    """Returns the values, without those at the end that only pieces of files have."""
    values: tuple[Any, ...] = astuple(counts)
    while values[-1] is None:
        values = values[:-1]
    return values


def block_id(first: int, sequence: int, nonce: str) -> str:
    """Returns the id of a block of the output, of one length for all.

    The nonce tells blocks of one chunk apart that were gathered at different times: what an
    earlier gathering still stages late can then never take the place of a later one's.

    Args:
        first: The number of the chunk's first mini-batch.
        sequence: Which block of the chunk, from 0.
        nonce: Eight characters.
    """
    return f"{first:0{BLOCK_ID_DIGITS}d}-{sequence:0{BLOCK_ID_DIGITS}d}-{nonce}"


HEADER_BLOCK_ID = block_id(0, 0, "header00")
