"""Tests of the notes about mini-batches in progress."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import StorageError
from shared.jobs.in_progress import LASTING, RENEWAL, InProgressLog
from shared.jobs.in_progress_repository import InProgressRepository
from shared.jobs.model import JobStatus, PlanTotals
from shared.jobs.repository import JobRepository
from shared.jobs.work import MiniBatchWork
from shared.monitoring.mini_batch_pages import MiniBatchReader
from shared.results.record_repository import RecordRepository
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from tests.unit.factories import START, FakeTime, make_job

NEVER = timedelta(hours=1)


class Watched(InProgressRepository):
    """Tells a test what was written, and fails when it is to."""

    def __init__(self) -> None:
        super().__init__(MemoryTableStore())
        self.changed = threading.Condition()
        self.calls: list[tuple[str, list[int]]] = []
        self.is_down = False

    def note(self, job, run, process, numbers, at):
        if not self.is_down:
            super().note(job, run, process, numbers, at)
        self._count("note", list(numbers))

    def forget(self, job, run, process):
        if not self.is_down:
            super().forget(job, run, process)
        self._count("forget", [])

    def _count(self, what: str, numbers: list[int]) -> None:
        with self.changed:
            self.calls.append((what, numbers))
            self.changed.notify_all()
        if self.is_down:
            raise StorageError("no")

    def wait(self, until: Callable[[list[tuple[str, list[int]]]], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: until(self.calls), 30), self.calls


@pytest.fixture
def repository() -> Watched:
    return Watched()


def item(number: int, *, run: int = 1) -> MiniBatchWork:
    return MiniBatchWork("j", run, "id", number, "nonce")


def log(repository: Watched, time: FakeTime) -> InProgressLog:
    return InProgressLog(repository, time.now, timedelta(milliseconds=5))


def test_what_lasts_is_noted_and_forgotten(repository: Watched):
    in_progress = log(repository, FakeTime())
    with in_progress.scoring(item(3)), in_progress.scoring(item(26)):
        repository.wait(lambda calls: ("note", [3, 26]) in calls)
        assert sorted(repository.read("j", 1, START)) == [3, 26]
        assert list(repository.read("j", 2, START)) == []
    repository.wait(lambda calls: calls[-1][0] == "forget")
    assert list(repository.read("j", 1, START)) == []


def test_what_is_over_at_once_is_never_written(repository: Watched):
    slow = InProgressLog(repository, FakeTime().now, NEVER)
    for index in range(20):
        with slow.scoring(item(index)):
            pass
    quick = log(repository, FakeTime())
    with quick.scoring(item(21)):
        repository.wait(lambda calls: len(calls) == 1)
    assert repository.calls[0] == ("note", [21])


def test_only_what_lasts_is_noted(repository: Watched):
    seconds = 0.0
    in_progress = InProgressLog(
        repository, FakeTime().now, timedelta(milliseconds=5), monotonic=lambda: seconds
    )
    with in_progress.scoring(item(0)):
        seconds = 1.0
        with in_progress.scoring(item(1)):
            repository.wait(lambda calls: len(calls) == 1)
            seconds = 2.0
            repository.wait(lambda calls: len(calls) == 2)
    assert repository.calls[:2] == [("note", [0]), ("note", [0, 1])]


def test_one_write_says_it_for_all(repository: Watched):
    in_progress = InProgressLog(repository, FakeTime().now, timedelta(milliseconds=200))
    with in_progress.scoring(item(0)), in_progress.scoring(item(1)), in_progress.scoring(item(2)):
        repository.wait(lambda calls: len(calls) > 0)
        assert repository.calls == [("note", [0, 1, 2])]


def test_a_note_is_renewed_while_it_is_true(repository: Watched):
    time = FakeTime()
    with log(repository, time).scoring(item(0)):
        repository.wait(lambda calls: len(calls) == 1)
        time.seconds = RENEWAL.total_seconds()
        repository.wait(lambda calls: len(calls) == 2)
        assert list(repository.read("j", 1, time.now())) == [0]


def test_a_mini_batch_that_fails_is_not_under_way(repository: Watched):
    in_progress = log(repository, FakeTime())

    def fail() -> None:
        with in_progress.scoring(item(0)):
            repository.wait(lambda calls: len(calls) == 1)
            raise ValueError("no number")

    with pytest.raises(ValueError, match="no number"):
        fail()
    repository.wait(lambda calls: calls[-1][0] == "forget")


def test_storage_that_does_not_serve_costs_a_note_and_nothing_else(repository: Watched):
    repository.is_down = True
    in_progress = log(repository, FakeTime())
    with in_progress.scoring(item(0)):
        repository.wait(lambda calls: len(calls) == 1)
        repository.is_down = False
        with in_progress.scoring(item(1)):
            repository.wait(lambda calls: ("note", [0, 1]) in calls)
            assert list(repository.read("j", 1, START)) == [0, 1]


class Noted:
    """A running job of eight segments, with notes on what is under way."""

    def __init__(self) -> None:
        tables = MemoryTableStore()
        records = RecordRepository(tables, MemoryBlobStore())
        self.jobs = JobRepository(tables)
        self.time = FakeTime()
        self.reader = MiniBatchReader(self.jobs, records, self.time.now)

    def note(self, *numbers: int, run: int = 1, process: str = "p") -> None:
        self.jobs.in_progress.note("j", run, process, numbers, self.time.now())

    def running(self, status: JobStatus = JobStatus.RUNNING) -> tuple[int, ...]:
        plan = PlanTotals(400, 200, 8, complete=True)
        return self.reader.read(make_job(plan=plan, status=status), None).running


def test_all_processes_count_and_only_the_current_run():
    noted = Noted()
    noted.note(3, 30)
    noted.note(4, process="other")
    noted.note(7, run=2)
    assert noted.running() == (3, 4, 30)


def test_nothing_runs_in_a_job_that_has_ended():
    noted = Noted()
    noted.note(3)
    assert noted.running(JobStatus.CANCELED) == ()


def test_what_a_dead_process_noted_is_forgotten():
    noted = Noted()
    noted.note(3)
    noted.time.seconds = LASTING.total_seconds() + 1
    noted.note(4, process="other")
    assert noted.running() == (4,)
