"""The description of a format of input files: its extensions, and how its files are split."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shared.formats.record_ranges import Dialect

SAMPLE_BYTES = 64 * 1024
ReadRange = Callable[[int, int], bytes]
"""Reads the bytes of a file from a start to an end."""


class NotSplittableError(ValueError):
    """The file is not what its name promises, or its parts cannot be told apart."""


@dataclass(frozen=True)
class Head:
    """Cuts of a file.

    Attributes:
        dialect: How its records are written; None where the file is to stay whole.
        has_header: Whether its first record names the columns, and so goes before each piece.
    """

    dialect: Dialect | None
    has_header: bool = False


class Sniffer(Protocol):
    """Finds out how to cut a file by its beginning."""

    def __call__(self, sample: bytes, *, is_script: bool) -> Head:
        """Returns how to cut the file.

        Args:
            sample: Its first `SAMPLE_BYTES` bytes, or all of it.
            is_script: True if a scoring script reads it, which may do that by any rules.
        """
        ...


@dataclass(frozen=True)
class Section:
    """A range of a file that makes a file of its own with what goes before it and behind it.

    Attributes:
        head: The bytes that go before the range.
        start: Where the range begins.
        end: Where it ends.
        tail: The bytes that go behind it.
        before: How many rows the file has before it.
        rows: How many rows it has.
    """

    head: bytes
    start: int
    end: int
    tail: bytes
    before: int
    rows: int


class FileIndex(Protocol):
    """Places of the rows, by what a file says."""

    def section(self, start: int, end: int) -> Section | None:
        """Returns what belongs to the piece of a range of bytes, None if nothing does.

        Raises:
            NotSplittableError: The index does not tell.
        """
        ...


@dataclass(frozen=True)
class ScanSplit:
    """Files of records: a piece begins where a scan of the bytes before it finds a record."""

    sniff: Sniffer


@dataclass(frozen=True)
class IndexSplit:
    """Files with an index: it is read by `read_index`, from the file and its size in bytes.

    `read_index` raises NotSplittableError where there is no such index.
    """

    read_index: Callable[[ReadRange, int], FileIndex]


@dataclass(frozen=True)
class InputFormat:
    """A format of input files.

    Attributes:
        name: The name of the format.
        extensions: How names of its files end, in lower case, each with its dot.
        split: How its files are split; None where they stay whole.
    """

    name: str
    extensions: tuple[str, ...]
    split: ScanSplit | IndexSplit | None = None
