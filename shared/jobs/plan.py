"""Groups listed files into mini-batches and stores the plan.

The plan is written in segments: all have `MINI_BATCHES_PER_SEGMENT` mini-batches but the last one
of the job, so that a mini-batch's number tells its segment and its place there.
"""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice

MINI_BATCHES_PER_SEGMENT = 25


@dataclass(frozen=True)
class Piece:
    """A part of a file that is split: the records that begin in a range of its bytes.

    Attributes:
        file: The number of the file in the input, from 0.
        index: Which piece of the file, from 0.
        of: How many pieces the file has.
        start: The first byte of the range.
        end: The byte after its last.
    """

    file: int
    index: int
    of: int
    start: int
    end: int

    @property
    def is_last(self) -> bool:
        """True if the file ends with it."""
        return self.index == self.of - 1


@dataclass(frozen=True)
class PlannedFile:
    """One input file as the listing found it, or a piece of one.

    Attributes:
        name: What users see: the path below the input's folder, or the file's own name.
        location: Where it is read from: the blob's name, or a URL.
        size: In bytes, of the whole file.
        etag: The version that was listed; empty where the source tells none.
        piece: Which part of the file is meant; None for all of it.
    """

    name: str
    location: str
    size: int
    etag: str = ""
    piece: Piece | None = None

    @property
    def ends(self) -> bool:
        """True if the file is complete with this: each file counts once, with its last piece."""
        return self.piece is None or self.piece.is_last

    @property
    def planned_size(self) -> int:
        """Number of its bytes that count."""
        return self.size if self.piece is None else self.piece.end - self.piece.start


@dataclass(frozen=True)
class InputPage:
    """Some files of an input in order of their names, and where the next ones start."""

    files: tuple[PlannedFile, ...]
    marker: str | None


@dataclass(frozen=True)
class PlanReference:
    """Place of a part of a plan.

    Attributes:
        segment: The first segment in it.
        nonce: The attempt at planning that wrote it.
    """

    segment: int
    nonce: str

    @property
    def text(self) -> str:
        """The reference as text."""
        return f"{self.segment:06d}-{self.nonce}"

    @staticmethod
    def read(text: str) -> "PlanReference":
        """Reads what `text` wrote."""
        segment, _, nonce = text.partition("-")
        return PlanReference(int(segment), nonce)


@dataclass(frozen=True)
class PlanPart:
    """The files of each mini-batch of a part of the plan, in the order of the input.

    In storage, it is the plan of some segments; all but the last of them are full.
    """

    mini_batches: tuple[tuple[PlannedFile, ...], ...]

    @property
    def files(self) -> int:
        """Number of files in the part; a split file counts with its last piece."""
        return sum(file.ends for files in self.mini_batches for file in files)

    @property
    def size(self) -> int:
        """The size of the part's files and pieces together, in bytes."""
        return sum(file.planned_size for files in self.mini_batches for file in files)

    def encode(self) -> bytes:
        """Writes the plan as compact JSON."""
        batches = [[_encoded(file) for file in files] for files in self.mini_batches]
        return json.dumps(batches, ensure_ascii=False, separators=(",", ":")).encode()

    @staticmethod
    def decode(data: bytes) -> "PlanPart":
        """Reads what `encode` wrote."""
        return PlanPart(
            tuple(tuple(_decoded(*file) for file in files) for files in json.loads(data))
        )


def _encoded(file: PlannedFile) -> list[object]:
    values: list[object] = [file.name, file.location, file.size, file.etag]
    piece = file.piece
    if piece is not None:
        values.append([piece.file, piece.index, piece.of, piece.start, piece.end])
    return values


def _decoded(
    name: str, location: str, size: int, etag: str, piece: list[int] | None = None
) -> PlannedFile:
    return PlannedFile(name, location, size, etag, Piece(*piece) if piece else None)


def mini_batch_number(segment: int, index: int) -> int:
    """Returns the number of a mini-batch in its job, from 0, in the order of the input."""
    return segment * MINI_BATCHES_PER_SEGMENT + index


def place_of(number: int) -> tuple[int, int]:
    """Returns the segment of a mini-batch, and its place there, from 0."""
    return divmod(number, MINI_BATCHES_PER_SEGMENT)


def incomplete_segments(
    sizes: Iterable[tuple[int, int]], numbers: AbstractSet[int]
) -> Iterator[int]:
    """Yields those segments of which not all mini-batches are among the given ones, in order.

    Args:
        sizes: The segments, each with the number of its mini-batches.
        numbers: The numbers of mini-batches.
    """
    for segment, size in sizes:
        first = mini_batch_number(segment, 0)
        if not numbers >= set(range(first, first + size)):
            yield segment


def into_segments(mini_batches: Iterable[tuple[PlannedFile, ...]]) -> list[PlanPart]:
    """Groups mini-batches, in their order, into segments."""
    rest = iter(mini_batches)
    segments: list[PlanPart] = []
    while some := tuple(islice(rest, MINI_BATCHES_PER_SEGMENT)):
        segments.append(PlanPart(some))
    return segments


def piece_range(size: int, index: int, of: int) -> tuple[int, int]:
    """Returns the begin and the end of a piece's range in a file of some size."""
    return size * index // of, size * (index + 1) // of
