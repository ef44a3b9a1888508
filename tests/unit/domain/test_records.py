from hypothesis import given
from hypothesis import strategies as st

from shared.domain.job import Counts
from shared.domain.plan import ChunkPlan, PlannedFile, split_into_chunks
from shared.domain.records import (
    COUNTS_LINE_BYTES,
    HEADER_BLOCK_ID,
    ChunkRecord,
    FileFailure,
    MiniBatchRecord,
    RecordCounts,
    WrittenFile,
    block_id,
    common_columns,
    decode_counts,
)

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


@given(
    st.builds(
        ChunkRecord,
        chunk=st.integers(0, 10**6),
        mini_batches=st.lists(counts, max_size=25).map(tuple),
        columns=columns,
        blocks=st.lists(st.text(), max_size=3).map(tuple),
    )
)
def test_a_chunk_comes_back_as_it_was(record: ChunkRecord):
    assert ChunkRecord.decode(record.chunk, record.encode()) == record


def test_a_chunk_adds_up_its_mini_batches():
    record = ChunkRecord(
        0,
        (RecordCounts(10, 2, 80, 1, 0.1), RecordCounts(10, 10, 0, 4, 0, gave_up=True)),
        None,
        (),
    )
    assert record.counts == Counts(8, 12, 2, 1, 1, 80)


def test_block_ids_have_one_length_and_are_all_different():
    ids = [
        block_id(chunk, number, nonce)
        for chunk in (0, 9, 10, 50_000)
        for number in (0, 5, 10)
        for nonce in ("0123abcd", "fedc0123")
    ]
    assert len(set(ids)) == len(ids)
    assert {len(one) for one in [*ids, HEADER_BLOCK_ID]} == {len(HEADER_BLOCK_ID)}


def test_columns_must_agree():
    assert common_columns([]) == (None, None)
    assert common_columns([("a", ("x",)), ("b", ("x",))]) == (("x",), None)
    _, problem = common_columns([("chunk 0", ("x",)), ("chunk 1", ("y", "z"))])
    assert problem is not None
    assert "chunk 1 returned the columns y, z, but chunk 0 the columns x" in problem
    assert common_columns([("a", None), ("b", ("x",))])[1] is not None


def files(count: int) -> list[PlannedFile]:
    return [PlannedFile(f"f{index}", f"in/f{index}", index, "e") for index in range(count)]


@given(st.integers(1, 400), st.integers(1, 30))
def test_chunks_hold_every_file_once_in_order(count: int, size: int):
    chunks = split_into_chunks(files(count), size)
    batches = [batch for chunk in chunks for batch in chunk.mini_batches]
    assert [file for batch in batches for file in batch] == files(count)
    assert all(len(batch) == size for batch in batches[:-1])
    assert all(len(chunk.mini_batches) == 25 for chunk in chunks[:-1])


def test_a_plan_comes_back_as_it_was():
    (chunk,) = split_into_chunks(files(7), 3)
    assert ChunkPlan.decode(chunk.encode()) == chunk
    assert (chunk.files, chunk.size) == (7, 21)
