"""However an input is cut, no file, no piece and no byte of it is lost, or read twice."""

import contextlib
from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.formats.delimited_scan import LOOK_AHEAD, Window, scan_range
from shared.formats.record_ranges import Dialect, RangeScan, locate
from shared.jobs.plan import (
    MINI_BATCHES_PER_SEGMENT,
    Piece,
    PlannedFile,
    PlanPart,
    into_segments,
)
from shared.planning.splitting import MIN_PIECE_BYTES, into_mini_batches, is_split
from tests.fuzz.test_fuzz_documents import FUZZ

NAMES = st.builds(
    "{}{}".format, st.text(max_size=20), st.sampled_from(["", ".csv", ".JSONL", ".parquet", ".gz"])
)
FILES = st.builds(
    PlannedFile,
    name=NAMES,
    location=st.text(max_size=9),
    size=st.integers(0, 300_000),
    etag=st.sampled_from(["", "e"]),
)
BITES = st.sampled_from(
    [b'"', b'""', b",", b"\n", b"\r\n", b"\r", b"\0", b" ", b"\t", b"\xef\xbb\xbf", b"\xff", b"1"]
)
CONTENTS = st.one_of(
    st.binary(min_size=1, max_size=80),
    st.lists(BITES, min_size=1, max_size=60).map(b"".join),
)


@given(
    files=st.lists(FILES, max_size=60),
    size=st.integers(1, 80),
    limit=st.sampled_from([0, 1, MIN_PIECE_BYTES, 50_000, 10**9]),
)
@FUZZ
def test_planning_loses_nothing_and_changes_no_order(
    files: list[PlannedFile], size: int, limit: float, tried: Callable[[], None]
):
    tried()
    segments = into_segments(into_mini_batches(files, size=size, limit=limit, number=0))
    batches = [batch for segment in segments for batch in segment.mini_batches]
    assert all(len(item.mini_batches) == MINI_BATCHES_PER_SEGMENT for item in segments[:-1])
    assert all(0 < len(batch) <= size for batch in batches)
    planned = [file for batch in batches for file in batch]
    assert [(file.name, file.location) for file in planned if file.ends] == [
        (file.name, file.location) for file in files
    ]
    for number, file in enumerate(files):
        pieces = [item.piece for item in planned if item.piece and item.piece.file == number]
        assert bool(pieces) == is_split(file, limit)
        _check_pieces(pieces, file.size)
    for segment in segments:
        with contextlib.suppress(UnicodeEncodeError):
            assert PlanPart.decode(segment.encode()) == segment


def _check_pieces(pieces: list[Piece], size: int) -> None:
    """They are the whole file, each byte once."""
    for index, piece in enumerate(pieces):
        assert (piece.index, piece.of) == (index, len(pieces))
        assert piece.start < piece.end
    assert all(one.end == other.start for one, other in pairwise(pieces))
    if pieces:
        assert (pieces[0].start, pieces[-1].end) == (0, size)


@given(
    data=CONTENTS,
    cuts=st.lists(st.integers(1, 79), max_size=9),
    delimiter=st.sampled_from([",", "\t", None]),
)
@FUZZ
def test_any_bytes_are_cut_without_a_gap(
    data: bytes, cuts: list[int], delimiter: str | None, tried: Callable[[], None]
):
    tried()
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    dialect = Dialect(delimiter)
    scans = [_scan(data, start, end, dialect) for start, end in pairwise(edges)]
    found = [locate(scans, index, len(scans), len(data)) for index in range(len(scans))]
    assert None not in found
    parts = [part for part in found if part is not None and not part.is_empty]
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert all(one.before <= other.before for one, other in pairwise(parts))
    # Only blank lines may be left out, before the first record.
    begin = parts[0].start if parts else len(data)
    assert not data[:begin].strip()
    assert not parts or parts[-1].end == len(data)


def _scan(data: bytes, start: int, end: int, dialect: Dialect) -> RangeScan:
    """Reads a range's scan that was stored with the job."""
    window = Window(data[max(start - 1, 0) : end + LOOK_AHEAD], start, end, len(data))
    return RangeScan.decode(scan_range(window, dialect).encode())
