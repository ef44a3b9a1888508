from dataclasses import replace

import pytest

from shared.domain.job import JobStatus, PlanTotals
from shared.domain.plan import MINI_BATCHES_PER_CHUNK
from shared.domain.records import ChunkRecord, MiniBatchRecord, RecordCounts
from shared.services import mini_batches
from shared.services.mini_batches import IDLE_CHUNKS, MiniBatchPage, MiniBatchReader, Place
from shared.services.results import MiniBatchKey, Results
from shared.storage.datastores import Datastores
from shared.storage.jobs import JobRepository
from shared.storage.memory_blobs import MemoryBlobStore
from shared.storage.memory_tables import MemoryTableStore
from tests.unit.services.making import START, FakeTime, make_job

SIZE = MINI_BATCHES_PER_CHUNK


class CountingBlobs(MemoryBlobStore):
    """Counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: list[str] = []
        self.read_ranges = 0

    def list_page(self, container, prefix, **options):
        self.listed.append(prefix)
        return super().list_page(container, prefix, **options)

    def read_range(self, container, name, start, length):
        self.read_ranges += 1
        return super().read_range(container, name, start, length)


class Recorded:
    """A job and what its execution has recorded so far."""

    def __init__(self) -> None:
        tables = MemoryTableStore()
        self.blobs = CountingBlobs()
        self.jobs = JobRepository(tables)
        self.time = FakeTime()
        places = Datastores("workspaceblobstore", tables)
        self.results = Results(self.jobs, self.blobs, places, self.time.now)
        self.reader = MiniBatchReader(self.jobs, self.blobs, self.time.now)

    def job(self, chunks: int, run: int = 1):
        plan = PlanTotals(chunks * SIZE * 2, chunks * SIZE, chunks, complete=True)
        return make_job(plan=plan, run=run, status=JobStatus.RUNNING)

    def mini_batch(self, chunk: int, index: int, *, failed: int = 0, run: int = 1) -> None:
        counts = RecordCounts(2, failed, 4, 1, 0.25, run=run)
        self.results.save(MiniBatchKey("j", chunk, index), MiniBatchRecord(counts))

    def chunk(self, chunk: int, run: int = 1) -> None:
        items = (RecordCounts(2, 0, 4, 1, 0.1, ended_at=START.timestamp()),) * SIZE
        self.jobs.add_chunk("j", ChunkRecord(chunk, items, None, (), run))


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def numbers(page: MiniBatchPage) -> list[int]:
    return [number for number, _ in page.mini_batches]


def test_nothing_is_known_before_the_input_is_listed(recorded: Recorded):
    page = recorded.reader.read(make_job(), None)
    assert (page.first, page.last, page.mini_batches) == (0, 0, ())
    assert (page.following, page.settled) == (None, Place(1, 0))


def test_finished_chunks_and_those_under_way_come_in_order(recorded: Recorded):
    recorded.chunk(1)
    recorded.time.seconds = 7
    recorded.mini_batch(0, 3, failed=1)
    recorded.mini_batch(2, 0)
    page = recorded.reader.read(recorded.job(4), None)
    assert numbers(page) == [3, *range(SIZE, 2 * SIZE), 2 * SIZE]
    assert (page.first, page.last, page.following) == (0, 4 * SIZE, None)
    assert page.mini_batches[0][1].failed == 1
    assert page.mini_batches[0][1].ended_at == START.timestamp() + 7
    assert page.settled == Place(1, 0)


def test_what_is_settled_need_not_be_read_again(recorded: Recorded):
    recorded.chunk(0)
    recorded.chunk(1)
    recorded.mini_batch(2, 0)
    job = recorded.job(4)
    settled = recorded.reader.read(job, None).settled
    assert settled == Place(1, 2)
    recorded.mini_batch(2, 1)
    page = recorded.reader.read(job, settled)
    assert (page.first, numbers(page)) == (2 * SIZE, [2 * SIZE, 2 * SIZE + 1])


def test_a_record_is_read_once(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.mini_batch(0, 1)
    for _ in range(3):
        recorded.reader.read(recorded.job(4), None)
    assert recorded.blobs.read_ranges == 2


def test_chunks_that_nobody_has_begun_are_not_looked_for_one_by_one(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.reader.read(recorded.job(900), None)
    assert len(recorded.blobs.listed) == 1 + IDLE_CHUNKS


def test_large_jobs_come_in_pages(recorded: Recorded, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mini_batches, "CHUNKS_PER_PAGE", 2)
    for chunk in range(3):
        recorded.chunk(chunk)
    job = recorded.job(6)
    first = recorded.reader.read(job, None)
    assert (first.last, first.following, first.settled) == (2 * SIZE, Place(1, 2), Place(1, 2))
    second = recorded.reader.read(job, first.following)
    assert numbers(second) == list(range(2 * SIZE, 3 * SIZE))
    assert (second.following, second.settled) == (None, Place(1, 3))


def test_a_chunk_that_is_behind_is_looked_at_again(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mini_batches, "CHUNKS_PER_PAGE", 2)
    for chunk in (0, 2, 3, 4):
        recorded.chunk(chunk)
    page = recorded.reader.read(recorded.job(6), None)
    assert (page.following, page.settled) == (Place(1, 2), Place(1, 1))


def test_a_resumed_job_is_read_anew(recorded: Recorded):
    recorded.chunk(0)
    recorded.chunk(1)
    before = recorded.reader.read(recorded.job(3), None).settled
    assert before == Place(1, 2)
    resumed = recorded.job(3, run=2)
    page = recorded.reader.read(resumed, before)
    assert (page.first, len(page.mini_batches)) == (0, 2 * SIZE)
    assert page.settled == Place(2, 0), "what the first run finished may yet change"
    recorded.jobs.forget_chunk("j", 0, 2)
    recorded.chunk(0, run=2)
    assert recorded.reader.read(resumed, page.settled).settled == Place(2, 1)


def test_a_record_that_vanishes_meanwhile_is_left_out(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.mini_batch(0, 1)
    listed = recorded.blobs.list_page

    def vanishing(container, prefix, **options):
        page = listed(container, prefix, **options)
        for blob in page.blobs[:1]:
            recorded.blobs.delete(container, blob.name)
        return page

    recorded.blobs.list_page = vanishing  # type: ignore[method-assign]
    assert numbers(recorded.reader.read(recorded.job(1), None)) == [1]


def test_a_job_that_has_ended_says_what_it_knows(recorded: Recorded):
    recorded.chunk(0)
    ended = replace(recorded.job(2), status=JobStatus.CANCELED)
    assert len(recorded.reader.read(ended, None).mini_batches) == SIZE


def test_what_is_recorded_does_not_run_any_more(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.jobs.under_way.note("j", 1, "p", (0, 1), recorded.time.now())
    assert recorded.reader.read(recorded.job(1), None).running == (1,)


def test_what_runs_on_a_later_page_is_told_there(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mini_batches, "CHUNKS_PER_PAGE", 2)
    recorded.jobs.under_way.note("j", 1, "p", (1, 2 * SIZE + 3), recorded.time.now())
    job = recorded.job(6)
    first = recorded.reader.read(job, None)
    assert (first.running, first.following) == ((1,), Place(1, 2))
    second = recorded.reader.read(job, first.following)
    assert (second.running, second.following) == ((2 * SIZE + 3,), None)
