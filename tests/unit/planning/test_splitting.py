"""Sizes of the pieces of a file."""

from itertools import pairwise

import pytest

from shared.jobs.plan import Piece, PlannedFile
from shared.planning.splitting import MAX_PIECES, PIECE_BYTES, pieces

MB = 2**20


@pytest.mark.parametrize(
    ("size", "limit", "count"),
    [
        (65 * MB, 64 * MB, 5),
        (170 * MB, 64 * MB, 11),
        (17 * MB, 16.5 * MB, 2),
        (10 * MB, 4 * MB, 3),
        (PIECE_BYTES * MAX_PIECES * 2, 64 * MB, MAX_PIECES),
    ],
    ids=["just-split", "some", "two", "small-limit", "huge"],
)
def test_pieces_cover_the_file_and_none_is_large(size: int, limit: float, count: int) -> None:
    found = [file.piece for file in pieces(PlannedFile("a.csv", "a.csv", size, "1"), 0, limit)]
    cut = [piece for piece in found if isinstance(piece, Piece)]
    assert len(cut) == len(found) == count
    assert (cut[0].start, cut[-1].end) == (0, size)
    assert all(one.end == following.start for one, following in pairwise(cut))
    if count < MAX_PIECES:
        assert max(piece.end - piece.start for piece in cut) <= min(limit, PIECE_BYTES)
