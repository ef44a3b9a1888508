"""Splits large files into pieces, and groups files and pieces into mini-batches.

A piece is a range of bytes, so that planning needs no look into a file. What belongs to a piece are
the records that begin in its range; who reads it finds out where these begin.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from shared.formats.input_format import ScanSplit
from shared.formats.input_formats import input_format_of
from shared.jobs.plan import Piece, PlannedFile, piece_range

MAX_PIECES = 10_000
MIN_PIECE_BYTES = 1024
# Small enough for every core to get its share of a file that is just large enough to be split, and
# for a piece to be read while another is scored; large enough for its own cost not to matter.
PIECE_BYTES = 16 * 2**20


def needs_scan(file: PlannedFile) -> bool:
    """True if where a piece's records begin is found by looking through the bytes before it."""
    input_format = input_format_of(file.name) if file.piece is not None else None
    return input_format is not None and isinstance(input_format.split, ScanSplit)


def is_split(file: PlannedFile, limit: float) -> bool:
    """True if a file is cut into pieces.

    Args:
        file: As listed. One without an ETag stays whole: a change of it would not be noticed.
        limit: The bytes above which files are; 0 for none.
    """
    is_large = limit > 0 and file.size > max(limit, MIN_PIECE_BYTES)
    if not (is_large and file.etag):
        return False
    input_format = input_format_of(file.name)
    return input_format is not None and input_format.split is not None


def pieces(file: PlannedFile, number: int, limit: float, first: int = 0) -> Iterator[PlannedFile]:
    """Cuts a file into pieces of about one size, none of them above the limit.

    Args:
        file: A file that `is_split`.
        number: Its number in the input.
        limit: Bytes, of which up to `PIECE_BYTES` are made use of; a piece has more than that
            where there would be over `MAX_PIECES`.
        first: The piece to begin with.
    """
    wanted = min(max(int(limit), MIN_PIECE_BYTES), PIECE_BYTES)
    count = min(-(-file.size // wanted), MAX_PIECES)
    for index in range(first, count):
        start, end = piece_range(file.size, index, count)
        yield replace(file, piece=Piece(number, index, count, start, end))


def into_mini_batches(
    files: Iterable[PlannedFile], *, size: int, limit: float, number: int, first_piece: int = 0
) -> Iterator[tuple[PlannedFile, ...]]:
    """Groups files, in their order, into mini-batches; a piece is one of its own.

    Args:
        files: As listed.
        size: Files in a mini-batch.
        limit: Bytes above which files are split; 0 for none.
        number: The number of the first file in the input.
        first_piece: The piece of the first file to begin with, where it is split.
    """
    gathered: list[PlannedFile] = []
    for offset, file in enumerate(files):
        if not is_split(file, limit):
            gathered.append(file)
            if len(gathered) == size:
                yield tuple(gathered)
                gathered = []
            continue
        if gathered:
            yield tuple(gathered)
            gathered = []
        first = 0 if offset else first_piece
        for piece in pieces(file, number + offset, limit, first):
            yield (piece,)
    if gathered:
        yield tuple(gathered)
