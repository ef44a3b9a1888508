from dataclasses import replace

import pytest

from shared.assets.datastores import Datastores
from shared.jobs.model import JobStatus, PlanTotals
from shared.jobs.plan import MINI_BATCHES_PER_SEGMENT, mini_batch_number
from shared.jobs.records import ChunkRecord, MiniBatchRecord, RecordCounts
from shared.jobs.repository import JobRepository, PlanPage
from shared.monitoring import mini_batch_pages
from shared.monitoring.mini_batch_pages import IDLE_SEGMENTS, MiniBatchPage, MiniBatchReader, Place
from shared.results.record_repository import RecordRepository
from shared.results.store import Results
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from tests.unit.factories import START, FakeTime, make_job

SIZE = MINI_BATCHES_PER_SEGMENT


class CountingTables(MemoryTableStore):
    """Counts how often the records of a segment are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str | None] = []

    def query(self, table, query):
        if table == "records":
            self.asked.append(query.partition)
        return super().query(table, query)


class Recorded:
    """A job and what its execution has recorded so far."""

    def __init__(self) -> None:
        self.tables, blobs = CountingTables(), MemoryBlobStore()
        places = Datastores("workspaceblobstore", self.tables)
        records = RecordRepository(self.tables, blobs)
        self.time = FakeTime()
        self.jobs = JobRepository(self.tables)
        self.results = Results(self.jobs, records, blobs, places, self.time.now)
        self.reader = MiniBatchReader(self.jobs, records, self.time.now)

    def job(self, segments: int, run: int = 1):
        plan = PlanTotals(segments * SIZE * 2, segments * SIZE, segments, complete=True)
        for number in range(-(-segments // 400)):
            sizes = (SIZE,) * min(400, segments - 400 * number)
            self.jobs.add_plan_page("j", PlanPage(number, "n", 400 * number, sizes, plan, None))
        return make_job(plan=plan, run=run, status=JobStatus.RUNNING)

    def mini_batch(self, segment: int, index: int, *, failed: int = 0, run: int = 1) -> None:
        counts = RecordCounts(2, failed, 4, 1, 0.25, run=run)
        number = mini_batch_number(segment, index)
        self.results.save(make_job(run=run), number, MiniBatchRecord(counts))

    def chunk(self, segment: int, run: int = 1) -> None:
        """Finishes a segment, in two chunks."""
        first = mini_batch_number(segment, 0)
        counts = RecordCounts(2, 0, 4, 1, 0.1, ended_at=START.timestamp())
        self.jobs.add_chunk("j", ChunkRecord(first, (counts,) * 10, None, (), run))
        self.jobs.add_chunk("j", ChunkRecord(first + 10, (counts,) * (SIZE - 10), None, (), run))


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


def test_segments_that_nobody_has_begun_are_not_looked_for_one_by_one(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.reader.read(recorded.job(900), None)
    assert len(recorded.tables.asked) == 1 + IDLE_SEGMENTS


def test_a_segment_with_fewer_mini_batches_than_others_is_settled_too(recorded: Recorded):
    plan = PlanTotals(70, 35, 3, complete=True)
    recorded.jobs.add_plan_page("j", PlanPage(0, "n", 0, (SIZE, 2), plan, "more"))
    recorded.jobs.add_plan_page("j", PlanPage(1, "n", 2, (8,), plan, None))
    counts = RecordCounts(2, 0, 4, 1, 0.1)
    for first, size in ((0, SIZE), (SIZE, 2)):
        recorded.jobs.add_chunk("j", ChunkRecord(first, (counts,) * size, None, ()))
    job = make_job(plan=plan, status=JobStatus.RUNNING)
    assert recorded.reader.read(job, None).settled == Place(1, 2)


def test_large_jobs_come_in_pages(recorded: Recorded, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(mini_batch_pages, "SEGMENTS_PER_PAGE", 2)
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
    monkeypatch.setattr(mini_batch_pages, "SEGMENTS_PER_PAGE", 2)
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
    recorded.jobs.forget_chunks("j", 0, SIZE, 2)
    recorded.chunk(0, run=2)
    assert recorded.reader.read(resumed, page.settled).settled == Place(2, 1)


def test_a_job_that_has_ended_says_what_it_knows(recorded: Recorded):
    recorded.chunk(0)
    ended = replace(recorded.job(2), status=JobStatus.CANCELED)
    assert len(recorded.reader.read(ended, None).mini_batches) == SIZE


def test_what_is_recorded_does_not_run_any_more(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.jobs.in_progress.note("j", 1, "p", (0, 1), recorded.time.now())
    assert recorded.reader.read(recorded.job(1), None).running == (1,)


def test_what_runs_on_a_later_page_is_told_there(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(mini_batch_pages, "SEGMENTS_PER_PAGE", 2)
    recorded.jobs.in_progress.note("j", 1, "p", (1, 2 * SIZE + 3), recorded.time.now())
    job = recorded.job(6)
    first = recorded.reader.read(job, None)
    assert (first.running, first.following) == ((1,), Place(1, 2))
    second = recorded.reader.read(job, first.following)
    assert (second.running, second.following) == ((2 * SIZE + 3,), None)
