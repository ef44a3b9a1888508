"""Removes what ended jobs left, kind by kind: records first, then logs, then the job itself.

Blobs go before the entities by which they are found, and what has begun is marked, so that a run
that was cut off is continued by the next one. The outputs of jobs are never touched.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, islice

from shared.clock import Clock
from shared.errors import StorageError
from shared.housekeeping.expired_jobs import LOG_ROWS, RECORD_ROWS, ExpiredJobs
from shared.jobs.blob_names import job_folder, log_folder, scored_folders
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, RecordStorage, RetentionState
from shared.jobs.retention import JOB_SAFETY, Retention
from shared.monitoring.job_reader import JobReader
from shared.running.finishing import JobRelease
from shared.storage.bulk_delete import WORKERS, BlobRemover, Budget
from shared.storage.containers import SYSTEM_CONTAINER

logger = logging.getLogger(__name__)


class JobRemoval:
    """The part of housekeeping that looks after jobs."""

    def __init__(
        self,
        expired_jobs: ExpiredJobs,
        lifecycle: JobLifecycle,
        reader: JobReader,
        release: JobRelease,
        blobs: BlobRemover,
        retention: Retention,
        clock: Clock,
    ) -> None:
        self._expired_jobs = expired_jobs
        self._lifecycle = lifecycle
        self._reader = reader
        self._release = release
        self._blobs = blobs
        self._retention = retention
        self._clock = clock

    def run(self, budget: Budget, removed: Counter[str]) -> None:
        """Removes what is old enough, until the budget is spent."""
        now = self._clock()
        for job in self._due(self._expired_jobs.created_before, self._retention.jobs_kept):
            self._lifecycle.change(job.name, _deleted)
        for job in self._expired_jobs.deleted():
            if not budget.is_spent and _is_over(job, now):
                _attempt(self._remove_job, job, budget, removed)
        begun = self._expired_jobs.with_records(RetentionState.REMOVING)
        for job in chain(
            begun, self._due(self._expired_jobs.kept_records, self._retention.records_kept)
        ):
            if not budget.is_spent and not job.is_deleted:
                _attempt(self._remove_records, job, budget, removed)
        for job in self._due(self._expired_jobs.kept_logs, self._retention.logs_kept):
            if not budget.is_spent:
                _attempt(self._remove_logs, job, budget, removed)

    def _due(
        self, created_before: Callable[[datetime], Iterator[Job]], kept: timedelta | None
    ) -> Iterator[Job]:
        """Jobs that ended so long ago that something of them is to go."""
        if kept is None:
            return
        before = self._clock() - kept
        for job in created_before(before):
            ended_at = job.ended_at if job.status.is_final and not job.is_deleted else None
            if ended_at is not None and ended_at <= before:
                yield job

    def _remove_records(self, job: Job, budget: Budget, removed: Counter[str]) -> None:
        if job.records is RetentionState.PRESENT:
            # What a user is told of the job comes from its records: it has to outlive them.
            self._reader.summarise(job)
            job = self._lifecycle.change(job.name, lambda found: _without_records(found, job.run))
            if job.records is RetentionState.PRESENT:
                return
        before = removed["blobs"]
        if not self._remove_record_rows(job, budget, removed) or not all(
            self._blobs.remove(SYSTEM_CONTAINER, folder, budget, removed)
            for folder in scored_folders(job.name)
        ):
            return
        removed["rows"] += sum(self._expired_jobs.remove_rows(job.name, RECORD_ROWS))
        self._lifecycle.change(
            job.name, lambda found: replace(found, records=RetentionState.REMOVED)
        )
        removed["records"] += 1
        count = removed["blobs"] - before
        logger.info("removed the records of the job %s: %d blobs", job.name, count)

    def _remove_record_rows(self, job: Job, budget: Budget, removed: Counter[str]) -> bool:
        """Removes the rows of records; False if the budget was spent before all were gone."""
        if job.records_in is not RecordStorage.TABLE:
            return True
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="removal") as pool:
            segments = iter(self._expired_jobs.planned_segments(job))
            while some := list(islice(segments, 10 * WORKERS)):
                if budget.is_spent:
                    return False
                removed["rows"] += sum(
                    pool.map(partial(self._expired_jobs.remove_record_rows, job), some)
                )
        return True

    def _remove_logs(self, job: Job, budget: Budget, removed: Counter[str]) -> None:
        before = removed["blobs"]
        if not self._blobs.remove(SYSTEM_CONTAINER, log_folder(job.name), budget, removed):
            return
        removed["rows"] += sum(self._expired_jobs.remove_rows(job.name, LOG_ROWS))
        self._lifecycle.change(job.name, lambda found: _without_logs(found, job.run))
        removed["logs"] += 1
        count = removed["blobs"] - before
        logger.info("removed the logs of the job %s: %d blobs", job.name, count)

    def _remove_job(self, job: Job, budget: Budget, removed: Counter[str]) -> None:
        before = removed["blobs"]
        if not self._remove_record_rows(job, budget, removed):
            return
        if not self._blobs.remove(SYSTEM_CONTAINER, job_folder(job.name), budget, removed):
            return
        removed["rows"] += sum(self._expired_jobs.remove_rows(job.name, RECORD_ROWS + LOG_ROWS))
        self._release.release(job)
        self._expired_jobs.forget(job)
        removed["jobs"] += 1
        logger.info("removed the job %s: %d blobs", job.name, removed["blobs"] - before)


def _attempt(
    remove: Callable[[Job, Budget, Counter[str]], None],
    job: Job,
    budget: Budget,
    removed: Counter[str],
) -> None:
    """Removes something of a job; one that is broken does not keep the others from being removed.

    Raises:
        StorageError: Storage did not serve; then it would not for the next one either.
    """
    try:
        remove(job, budget, removed)
    except StorageError:
        raise
    except Exception:
        logger.exception("something of the job %s cannot be removed", job.name)


def _is_over(job: Job, now: datetime) -> bool:
    """True if nothing of an ended job can still be at work."""
    return job.ended_at is None or job.ended_at + JOB_SAFETY <= now


def _without_records(job: Job, run: int) -> Job:
    """The job without records, unless it was resumed since it was looked at."""
    if job.run != run or not job.status.is_final:
        return job
    return replace(job, records=RetentionState.REMOVING)


def _without_logs(job: Job, run: int) -> Job:
    """The job without logs, unless it was resumed and writes new ones."""
    return replace(job, logs=RetentionState.REMOVED) if job.run == run else job


def _deleted(job: Job) -> Job:
    """The job as one that is to go, unless it was resumed."""
    if not job.status.is_final:
        return job
    return replace(job, is_deleted=True, records=RetentionState.REMOVING)
