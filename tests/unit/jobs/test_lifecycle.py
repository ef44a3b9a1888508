from dataclasses import replace

import pytest

from shared.errors import ConflictError, NotFoundError, PreconditionError
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import JobStatus
from shared.jobs.repository import JobRepository
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.optimistic import ATTEMPTS
from tests.unit.factories import START, FakeTime, make_job


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def jobs() -> JobRepository:
    repository = JobRepository(MemoryTableStore())
    repository.create(make_job())
    return repository


@pytest.fixture
def lifecycle(jobs: JobRepository, time: FakeTime) -> JobLifecycle:
    return JobLifecycle(jobs, time.now)


def test_a_job_starts_when_it_runs_for_the_first_time(lifecycle: JobLifecycle, time: FakeTime):
    assert lifecycle.move("j", JobStatus.PREPARING).started_at is None
    time.seconds = 3
    started = lifecycle.move("j", JobStatus.RUNNING)
    time.seconds = 9
    assert lifecycle.move("j", JobStatus.RUNNING) == started
    assert started.started_at is not None
    assert (started.started_at - START).total_seconds() == 3


def test_a_job_does_not_move_back(lifecycle: JobLifecycle):
    for status in (JobStatus.PREPARING, JobStatus.RUNNING, JobStatus.FINALIZING):
        lifecycle.move("j", status)
    assert lifecycle.move("j", JobStatus.RUNNING).status is JobStatus.FINALIZING
    assert lifecycle.move("j", JobStatus.COMPLETED).status is JobStatus.COMPLETED
    assert lifecycle.move("j", JobStatus.CANCEL_REQUESTED).status is JobStatus.COMPLETED


def test_a_change_that_may_not_be_is_refused(lifecycle: JobLifecycle, jobs: JobRepository):
    with pytest.raises(ConflictError, match="NotStarted cannot become Completed"):
        lifecycle.change("j", lambda job: replace(job, status=JobStatus.COMPLETED))
    assert jobs.get("j").job.status is JobStatus.NOT_STARTED


def test_a_change_is_made_again_on_what_somebody_else_has_changed(
    lifecycle: JobLifecycle, jobs: JobRepository
):
    seen: list[int] = []

    def change(job):
        if not seen:
            stored = jobs.get("j")
            jobs.replace(stored, replace(stored.job, run=7))
        seen.append(job.run)
        return replace(job, input_uri="https://host/other")

    changed = lifecycle.change("j", change)
    assert seen == [1, 7]
    assert (changed.run, changed.input_uri) == (7, "https://host/other")
    assert jobs.get("j").job == changed


def test_it_gives_up_when_others_never_stop(lifecycle: JobLifecycle, jobs: JobRepository):
    tries: list[int] = []

    def change(job):
        stored = jobs.get("j")
        jobs.replace(stored, replace(stored.job, run=stored.job.run + 1))
        tries.append(job.run)
        return replace(job, input_uri="https://host/other")

    with pytest.raises(PreconditionError, match="too many at once"):
        lifecycle.change("j", change)
    assert len(tries) == ATTEMPTS


def test_an_unknown_job(lifecycle: JobLifecycle):
    with pytest.raises(NotFoundError, match="'k'"):
        lifecycle.move("k", JobStatus.RUNNING)
