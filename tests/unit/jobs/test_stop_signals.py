import queue
from dataclasses import replace

import pytest

from shared.errors import StorageError
from shared.jobs.model import JobRun, Stop, StopReason
from shared.jobs.repository import JobRepository
from shared.jobs.stop_signals import FRESH_SECONDS, StopSignals
from shared.storage.memory.tables import MemoryTableStore
from tests.unit.factories import FakeTime

THRESHOLD = Stop(StopReason.ERROR_THRESHOLD, "too many")
CANCEL = Stop(StopReason.CANCELED)
RUN, OTHER = JobRun("j", 1, "id"), JobRun("k", 1, "id")


class CountingJobs(JobRepository):
    """Counts how often storage is asked, and can be out of order."""

    def __init__(self) -> None:
        super().__init__(MemoryTableStore())
        self.asked = 0
        self.is_down = False
        self.is_empty = False

    def forget_stops(self) -> None:
        self.is_empty = True

    def find_stop(self, name: str, run: int) -> Stop | None:
        self.asked += 1
        if self.is_down:
            raise StorageError("storage is down")
        return None if self.is_empty else super().find_stop(name, run)


class Turns:
    """Stands in for sleep: the watching thread goes on when the test says so."""

    def __init__(self) -> None:
        self._turns: queue.Queue[None] = queue.Queue()
        self.waiting: queue.Queue[None] = queue.Queue()

    def sleep(self, _seconds: float) -> None:
        self.waiting.put(None)
        self._turns.get(timeout=10)

    def go_on(self) -> None:
        self._turns.put(None)


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def jobs() -> CountingJobs:
    return CountingJobs()


@pytest.fixture
def signals(jobs: CountingJobs, time: FakeTime) -> StopSignals:
    return StopSignals(jobs, time.monotonic)


def test_storage_is_asked_once_a_second(signals: StopSignals, jobs: CountingJobs, time: FakeTime):
    for _ in range(5):
        assert signals.reason(RUN) is None
    assert jobs.asked == 1
    jobs.request_stop("j", 1, THRESHOLD)
    time.seconds += FRESH_SECONDS / 2
    assert signals.reason(RUN) is None
    time.seconds += FRESH_SECONDS
    assert signals.reason(RUN) is StopReason.ERROR_THRESHOLD


def test_a_stop_is_never_asked_for_again(signals: StopSignals, jobs: CountingJobs, time: FakeTime):
    jobs.request_stop("j", 1, THRESHOLD)
    for _ in range(3):
        assert signals.reason(RUN) is StopReason.ERROR_THRESHOLD
        time.seconds += 100
    assert jobs.asked == 1


def test_what_this_process_requests_counts_at_once(signals: StopSignals, jobs: CountingJobs):
    assert signals.reason(RUN) is None
    assert signals.request(RUN, THRESHOLD) is StopReason.ERROR_THRESHOLD
    assert signals.reason(RUN) is StopReason.ERROR_THRESHOLD
    assert jobs.find_stop("j", 1) == THRESHOLD


def test_runs_and_jobs_stop_by_themselves(signals: StopSignals):
    signals.request(RUN, CANCEL)
    assert signals.reason(replace(RUN, run=2)) is None
    assert signals.reason(OTHER) is None


def test_a_job_made_again_under_its_name_is_not_stopped(signals: StopSignals, jobs: CountingJobs):
    signals.request(RUN, CANCEL)
    jobs.forget_stops()
    assert signals.reason(RUN) is StopReason.CANCELED
    assert signals.reason(replace(RUN, identity="another")) is None


def test_what_is_remembered_is_bounded(signals: StopSignals):
    for number in range(1100):
        signals.reason(JobRun(f"j{number}", 1, "id"))
    assert len(signals._seen) == 1000


def test_who_waits_is_told_of_a_cancellation(jobs: CountingJobs, time: FakeTime):
    turns = Turns()
    signals = StopSignals(jobs, time.monotonic, turns.sleep)
    with signals.canceled(RUN) as mine, signals.canceled(OTHER) as other:
        turns.waiting.get(timeout=10)
        assert not mine.is_set()
        jobs.is_down = True
        time.seconds += 2
        turns.go_on()
        turns.waiting.get(timeout=10)
        assert not mine.is_set()
        jobs.is_down = False
        jobs.request_stop("j", 1, CANCEL)
        time.seconds += 2
        turns.go_on()
        assert mine.wait(10)
        turns.waiting.get(timeout=10)
        assert not other.is_set()
    turns.go_on()


def test_another_instances_cancellation_is_seen_although_there_was_a_stop(
    jobs: CountingJobs, time: FakeTime
):
    turns = Turns()
    signals = StopSignals(jobs, time.monotonic, turns.sleep)
    jobs.request_stop("j", 1, THRESHOLD)
    with signals.canceled(RUN) as mine:
        turns.waiting.get(timeout=10)
        assert not mine.is_set()
        StopSignals(jobs).request(RUN, CANCEL)
        time.seconds += 2
        turns.go_on()
        assert mine.wait(10)
        turns.waiting.get(timeout=10)
    turns.go_on()
    assert jobs.find_stop("j", 1) == Stop(THRESHOLD.reason, THRESHOLD.detail, kills=True)
    assert signals.reason(RUN) is StopReason.ERROR_THRESHOLD
