"""Sizes of chunks, and numbers of mini-batches that are scored at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.lanes.chunk_sizes import Pace, chunk_size


def sizes(count: int, lanes: int, least: int = 1) -> list[int]:
    """Cuts a plan of whole segments, and a rest, into chunks."""
    found: list[int] = []
    while (first := sum(found)) < count:
        room = min(count - first, 25 - first % 25)
        found.append(chunk_size(room, count - first, lanes, least))
    return found


def test_all_lanes_begin_at_once_and_end_together():
    assert max(sizes(25, 8)) == 2
    assert len(sizes(25, 8)) >= 16
    assert sizes(25, 8)[-8:] == [1] * 8
    large = sizes(2000, 8)
    assert large[:40] == [25] * 40
    assert large[-10:] == [1] * 10


def test_tiny_mini_batches_are_not_cut_into_small_chunks():
    assert sizes(1000, 8, least=25) == [25] * 40
    assert sizes(60, 8, least=25) == [25, 25, 10]


@given(st.integers(1, 2000), st.integers(1, 1000), st.integers(1, 25))
def test_nothing_is_left_out_and_no_chunk_leaves_its_segment(count: int, lanes: int, least: int):
    first = 0
    for size in sizes(count, lanes, least):
        assert 1 <= size <= 25 - first % 25
        first += size
    assert first == count


@pytest.mark.parametrize(
    ("seconds", "width", "least"),
    [(None, 1, 1), (0.0, 25, 25), (0.005, 25, 25), (0.05, 5, 20), (0.2, 1, 5), (1.0, 1, 1)],
)
def test_the_pace_decides_how_many_are_scored_at_once(
    seconds: float | None, width: int, least: int
):
    pace = Pace() if seconds is None else Pace(10, 10 * seconds)
    assert (pace.width(), pace.least()) == (width, least)
    assert pace.and_also(5, 1.0).mini_batches == pace.mini_batches + 5
