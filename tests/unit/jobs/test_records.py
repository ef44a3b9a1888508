from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.jobs.model import Counts
from shared.jobs.plan import PlannedFile, PlanPart, into_segments
from shared.jobs.records import (
    COUNTS_LINE_BYTES,
    HEADER_BLOCK_ID,
    ChunkRecord,
    FileFailure,
    MiniBatchRecord,
    RecordCounts,
    WrittenFile,
    block_id,
    decode_counts,
    encode_counts,
    read_counts,
    tally,
)
from shared.planning.splitting import into_mini_batches, is_split

small = st.integers(0, 10**9)
counts = st.builds(
    RecordCounts,
    files=small,
    failed=small,
    rows=small,
    attempts=st.integers(1, 100),
    seconds=st.floats(0, 86_400).map(lambda value: round(value, 6)),
    gave_up=st.booleans(),
    run=st.integers(1, 9),
    file=st.none() | small,
    piece=st.none() | st.integers(0, 10_000),
    first_row=st.none() | st.integers(0, 10**12),
    rows_in=st.none() | st.integers(0, 10**12),
)
columns = st.none() | st.lists(st.text(), max_size=4).map(tuple)
failures = st.builds(FileFailure, file=st.none() | st.text(), message=st.text())


@given(
    st.builds(
        MiniBatchRecord,
        counts=counts,
        columns=columns,
        failures=st.lists(failures, max_size=3).map(tuple),
        rows=st.binary(),
        written=st.lists(st.builds(WrittenFile, st.text(), st.text()), max_size=2).map(tuple),
    )
)
def test_a_record_comes_back_as_it_was(record: MiniBatchRecord):
    data = record.encode()
    assert MiniBatchRecord.decode(data) == record
    assert decode_counts(data[:COUNTS_LINE_BYTES]) == record.counts
    assert read_counts(encode_counts(record.counts)) == record.counts


@given(
    st.builds(
        ChunkRecord,
        first=st.integers(0, 10**8),
        mini_batches=st.lists(counts, max_size=25).map(tuple),
        columns=columns,
        blocks=st.lists(st.text(), max_size=3).map(tuple),
    )
)
def test_a_chunk_comes_back_as_it_was(record: ChunkRecord):
    assert ChunkRecord.decode(record.first, record.encode()) == record


def test_a_chunk_adds_up_its_mini_batches():
    record = ChunkRecord(
        0,
        (RecordCounts(10, 2, 80, 1, 0.1), RecordCounts(10, 10, 0, 4, 0, gave_up=True)),
        None,
        (),
    )
    assert tally(record.mini_batches) == Counts(8, 12, 2, 1, 1, 80)


def piece(file: int, index: int, of: int, failed: int = 0) -> RecordCounts:
    return RecordCounts(int(index == of - 1), failed, 5, 1, 0.1, file=file, piece=index)


def test_a_file_that_is_split_counts_once():
    whole = RecordCounts(10, 1, 80, 1, 0.1)
    scored = [piece(1, index, 4) for index in range(4)]
    failed = [piece(2, index, 3, failed=int(index != 1)) for index in range(3)]
    in_progress = [piece(3, 0, 2)]
    counts = tally([whole, *scored, *failed, *in_progress])
    assert (counts.files_scored, counts.files_failed) == (9 + 1, 1 + 1)
    assert (counts.mini_batches_done, counts.rows) == (9, 80 + 40)
    assert tally([*failed[:1]]).files_failed == 1


def test_block_ids_have_one_length_and_are_all_different():
    ids = [
        block_id(chunk, number, nonce)
        for chunk in (0, 9, 10, 50_000)
        for number in (0, 5, 10)
        for nonce in ("0123abcd", "fedc0123")
    ]
    assert len(set(ids)) == len(ids)
    assert {len(one) for one in [*ids, HEADER_BLOCK_ID]} == {len(HEADER_BLOCK_ID)}


def files(count: int) -> list[PlannedFile]:
    return [PlannedFile(f"f{index}", f"in/f{index}", index, "e") for index in range(count)]


@given(st.integers(1, 400), st.integers(1, 30))
def test_segments_hold_every_file_once_in_order(count: int, size: int):
    segments = into_segments(into_mini_batches(files(count), size=size, limit=0, number=0))
    batches = [batch for segment in segments for batch in segment.mini_batches]
    assert [file for batch in batches for file in batch] == files(count)
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(len(segment.mini_batches) == 25 for segment in segments[:-1])


def test_a_plan_comes_back_as_it_was():
    (segment,) = into_segments(into_mini_batches(files(7), size=3, limit=0, number=0))
    assert PlanPart.decode(segment.encode()) == segment
    assert (segment.files, segment.size) == (7, 21)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 9000), max_size=20), st.integers(1, 4), st.integers(1024, 4000))
def test_large_files_become_mini_batches_of_one_piece(sizes: list[int], size: int, limit: int):
    listed = [PlannedFile(f"{n}.csv", f"in/{n}.csv", s, "e") for n, s in enumerate(sizes)]
    batches = list(into_mini_batches(listed, size=size, limit=limit, number=0))
    for file in listed:
        parts = [item for batch in batches for item in batch if item.name == file.name]
        assert sum(part.ends for part in parts) == 1
        assert sum(part.planned_size for part in parts) == file.size
        assert all(part.planned_size <= limit for part in parts if part.piece)
        edges = [(part.piece.start, part.piece.end) for part in parts if part.piece]
        assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]
        assert bool(edges) == (file.size > limit)
    assert all(len(batch) == 1 for batch in batches if batch[0].piece)
    assert [n for n, _ in groupby(item.name for batch in batches for item in batch)] == [
        file.name for file in listed
    ]
    segment = PlanPart(tuple(batches))
    assert PlanPart.decode(segment.encode()) == segment
    assert (segment.files, segment.size) == (len(sizes), sum(sizes))


@pytest.mark.parametrize("name", ["a.csv.gz", "a.json", "a.png", "csv", "a.csv/b", "a.txt"])
def test_other_files_stay_whole(name: str):
    assert not is_split(PlannedFile(name, name, 10**9, "e"), 1024)


def test_a_file_whose_version_is_not_known_stays_whole():
    assert not is_split(PlannedFile("a.csv", "a.csv", 10**9), 1024)
    assert is_split(PlannedFile("A.CSV", "A.CSV", 10**9, "e"), 1024)
