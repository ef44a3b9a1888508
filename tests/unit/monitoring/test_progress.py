from dataclasses import replace
from datetime import timedelta

import pytest

from shared.assets.datastores import Datastores
from shared.jobs.model import JobStatus, PlanTotals
from shared.jobs.plan import mini_batch_number
from shared.jobs.records import (
    ChunkRecord,
    FileFailure,
    MiniBatchRecord,
    RecordCounts,
)
from shared.jobs.repository import JobRepository, PlanPage
from shared.monitoring.progress import FIRST_ERRORS, ProgressReader
from shared.results.record_repository import RecordRepository
from shared.results.store import Results
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from tests.unit.factories import START, make_job

PLAN = PlanTotals(files=100, mini_batches=50, segments=2, complete=True)


class Recorded:
    """Records of a job's execution so far."""

    def __init__(self) -> None:
        tables, blobs = MemoryTableStore(), MemoryBlobStore()
        places = Datastores("workspaceblobstore", tables)
        records = RecordRepository(tables, blobs)
        self.jobs = JobRepository(tables)
        self.results = Results(self.jobs, records, blobs, places)
        self.progress = ProgressReader(self.jobs, records, self.results)
        self.jobs.add_plan_page("j", PlanPage(0, "n", 0, (25, 25), PLAN, None))

    def mini_batch(self, segment: int, index: int, *failures: FileFailure, attempts: int = 1):
        counts = RecordCounts(2, len(failures), 4 - 2 * len(failures), attempts, 0.1)
        number = mini_batch_number(segment, index)
        self.results.save(make_job(), number, MiniBatchRecord(counts, ("a",), failures, b""))
        if failures:
            self.jobs.add_failed("j", number, len(failures))

    def chunk(self, first: int, size: int) -> None:
        items = (RecordCounts(2, 0, 4, 1, 0.1),) * size
        self.jobs.add_chunk("j", ChunkRecord(first, items, ("a",), ()))


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def test_nothing_is_known_of_a_job_that_has_not_begun(recorded: Recorded):
    progress = recorded.progress.read(make_job(), START)
    assert progress.counts.mini_batches_done == 0
    assert (progress.elapsed, progress.files_per_second, progress.seconds_left) == (None,) * 3


def test_finished_chunks_and_open_ones_add_up(recorded: Recorded):
    recorded.chunk(0, 25)
    recorded.mini_batch(1, 0)
    recorded.mini_batch(1, 4, FileFailure("f", "bad"), attempts=2)
    job = make_job(plan=PLAN, status=JobStatus.RUNNING, started_at=START)

    progress = recorded.progress.read(job, START + timedelta(seconds=9))

    counts = progress.counts
    assert (counts.files_scored, counts.files_failed, counts.rows) == (53, 1, 106)
    assert (counts.mini_batches_done, counts.mini_batches_retried) == (27, 1)
    assert progress.files_per_second == pytest.approx(6)
    assert progress.rows_per_second == pytest.approx(106 / 9)
    assert progress.seconds_left == pytest.approx(46 / 6)


def test_a_chunk_is_not_counted_twice(recorded: Recorded):
    recorded.mini_batch(0, 0)
    recorded.mini_batch(0, 7)
    recorded.mini_batch(0, 20)
    recorded.chunk(0, 5)
    recorded.chunk(5, 10)
    job = make_job(plan=PLAN, started_at=START)
    assert recorded.progress.read(job, START).counts.mini_batches_done == 16


def test_nothing_is_left_of_a_job_that_has_ended(recorded: Recorded):
    recorded.chunk(0, 25)
    job = make_job(plan=PLAN, started_at=START, ended_at=START + timedelta(seconds=5))
    ended = replace(job, status=JobStatus.FAILED)
    progress = recorded.progress.read(ended, START + timedelta(days=1))
    assert (progress.elapsed, progress.seconds_left) == (5, None)
    assert progress.files_per_second == pytest.approx(10)


def test_a_job_that_has_scored_nothing_has_no_estimate(recorded: Recorded):
    job = make_job(plan=PLAN, status=JobStatus.RUNNING, started_at=START)
    assert recorded.progress.read(job, START).seconds_left is None


def test_first_errors_come_in_the_order_of_the_input_and_alike_ones_together(recorded: Recorded):
    recorded.mini_batch(1, 2, FileFailure("z", "late"), attempts=3)
    recorded.mini_batch(0, 7, FileFailure("a", "alike"), FileFailure("b", "alike"))

    first, second = recorded.progress.first_errors(make_job())

    assert (first.failure.file, first.files, first.mini_batch) == ("a", 2, 7)
    assert (second.failure.file, second.attempts, second.mini_batch) == ("z", 3, 27)


def test_first_errors_are_few(recorded: Recorded):
    for index in range(20):
        recorded.mini_batch(0, index, FileFailure(f"f{index}", f"reason {index}"))
    assert len(recorded.progress.first_errors(make_job())) == FIRST_ERRORS
