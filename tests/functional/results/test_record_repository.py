"""Records of mini-batches: in rows, in blobs where they are large, and as earlier versions did."""

import pytest

from shared.jobs.blob_names import record_blob
from shared.jobs.model import RecordStorage
from shared.jobs.records import MiniBatchRecord, RecordCounts
from shared.results.record_repository import ROW_BYTES, RecordRepository, RecordStore
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from tests.unit.factories import make_job

LARGE = b"x" * ROW_BYTES


def record(rows: bytes = b"1\n", failed: int = 0) -> MiniBatchRecord:
    return MiniBatchRecord(RecordCounts(2, failed, 1, 1, 0.5), ("a",), (), rows)


@pytest.fixture
def blobs() -> MemoryBlobStore:
    return MemoryBlobStore()


@pytest.fixture
def repository(blobs: MemoryBlobStore) -> RecordRepository:
    return RecordRepository(MemoryTableStore(), blobs)


@pytest.fixture(params=list(RecordStorage))
def records(repository: RecordRepository, request: pytest.FixtureRequest) -> RecordStore:
    return repository.of(make_job(records_in=request.param))


@pytest.mark.parametrize("rows", [b"", b"1\n", LARGE, b"\xff\x00\n"])
def test_a_record_comes_back_as_it_was(records: RecordStore, rows: bytes):
    assert records.find("j", 3) is None
    assert records.add("j", 3, record(rows))
    assert records.find("j", 3) == record(rows)


@pytest.mark.parametrize("first", [b"1\n", LARGE])
@pytest.mark.parametrize("second", [b"2\n", LARGE + b"2"])
def test_the_first_record_decides(
    records: RecordStore, blobs: MemoryBlobStore, first: bytes, second: bytes
):
    assert records.add("j", 3, record(first))
    before = len(blobs.list_page(SYSTEM_CONTAINER, "").blobs)
    assert not records.add("j", 3, record(second))
    assert records.find("j", 3) == record(first)
    assert len(blobs.list_page(SYSTEM_CONTAINER, "").blobs) == before


def test_a_segment_is_read_in_order(records: RecordStore):
    for number in (30, 26, 25, 24, 49, 50):
        records.add("j", number, record(str(number).encode(), failed=number % 2))
    assert list(records.read("j", 25, 10)) == [25, 26, 30]
    assert list(records.counts("j", 1)) == [25, 26, 30, 49]
    assert records.counts("j", 1)[25] == record(failed=1).counts
    assert [item.number for item in records.listed("j", 1)] == [25, 26, 30, 49]
    assert records.counts("j", 7) == records.counts("other", 1) == {}


def test_what_is_listed_tells_where_a_record_is(records: RecordStore, blobs: MemoryBlobStore):
    records.add("j", 0, record())
    records.add("j", 1, record(LARGE))
    for stored, rows in zip(records.listed("j", 0), (b"1\n", LARGE), strict=True):
        data = stored.data or blobs.read(SYSTEM_CONTAINER, str(stored.blob))
        assert MiniBatchRecord.decode(data) == record(rows)
        assert stored.size == len(data)


def test_what_is_deleted_is_gone(records: RecordStore):
    records.add("j", 1, record())
    records.delete("j", 1)
    records.delete("j", 1)
    assert records.find("j", 1) is None
    assert records.add("j", 1, record(b"2\n"))


def test_rows_are_removed_by_segment(repository: RecordRepository):
    job = make_job()
    records = repository.of(job)
    for number in (0, 24, 25):
        records.add("j", number, record())
    assert repository.remove_rows(job, 0) == 2
    assert repository.remove_rows(job, 0) == 0
    assert (records.counts("j", 0), list(records.counts("j", 1))) == ({}, [25])


def test_earlier_versions_named_their_blobs_so(
    repository: RecordRepository, blobs: MemoryBlobStore
):
    blobs.create(SYSTEM_CONTAINER, "jobs/j/results/000001/002", record().encode())
    assert record_blob("j", 27) == "jobs/j/results/000001/002"
    assert repository.of(make_job(records_in=RecordStorage.BLOBS)).find("j", 27) == record()
