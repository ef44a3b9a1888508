"""Moves jobs from status to status, whoever else changes them at the same time."""

import logging
from collections.abc import Callable
from dataclasses import replace

from shared.audit_log import log_change
from shared.clock import Clock
from shared.errors import PreconditionError, StorageError
from shared.jobs.events import JobEvent
from shared.jobs.model import Job, JobStatus
from shared.jobs.repository import JobRepository, StoredJob
from shared.jobs.transitions import check_transition, may_follow
from shared.storage.optimistic import update

logger = logging.getLogger(__name__)

Announce = Callable[[Job], Job]
"""Adds to a job that has a new status what is to be told of it, to be stored with the status."""


class JobLifecycle:
    """The one place that changes a stored job."""

    def __init__(
        self, jobs: JobRepository, clock: Clock, announce: Announce = lambda job: job
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._announce = announce

    def change(self, name: str, change: Callable[[Job], Job]) -> Job:
        """Applies a change to the job's newest version, again where somebody else was faster.

        Args:
            name: The job.
            change: Makes the new version; called once for each try.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: The new status may not follow the old one.
        """
        old, kept = update(
            lambda: self._jobs.get(name),
            lambda stored: self._changed(stored.job, change),
            self._replace,
            busy=PreconditionError(f"the job '{name}' is being changed by too many at once"),
        )
        if kept.status is not old.status:
            before, after = old.status.value, kept.status.value
            log_change("job_status", job=name, run=kept.run, old=before, new=after)
            self._note(kept)
        return kept

    def _changed(self, job: Job, change: Callable[[Job], Job]) -> Job:
        """Returns the new version of a job, with what is to be told of its new status."""
        changed = change(job)
        check_transition(job.status, changed.status)
        return changed if changed.status is job.status else self._announce(changed)

    def _replace(self, stored: StoredJob, changed: Job) -> tuple[Job, Job]:
        """Stores a job that has changed; returns it as it was and as it is."""
        if changed == stored.job:
            return stored.job, changed
        return stored.job, self._jobs.replace(stored, changed).job

    def _note(self, job: Job) -> None:
        """Notes a new status among what happened to the job."""
        try:
            self._jobs.events.add(job.name, JobEvent(self._clock(), _told(job)))
        except StorageError:
            # The change is made; a note about it is not worth to do anything again.
            logger.warning("job %s is %s (could not be noted)", job.name, job.status)

    def move(self, name: str, status: JobStatus, *, run: int | None = None) -> Job:
        """Gives the job a status; one that is further already, or has ended, stays as it is.

        Args:
            name: The job.
            status: Its new status.
            run: If given, a job that is at another run stays as it is, too.
        """
        return self.change(name, lambda job: self.moved(job, status, run=run))

    def moved(self, job: Job, status: JobStatus, *, run: int | None = None) -> Job:
        """Returns the job as `move` would store it, for changes made with others."""
        if not may_follow(job.status, status) or run not in {None, job.run}:
            return job
        started = job.started_at
        if status is JobStatus.RUNNING and started is None:
            started = self._clock()
        return replace(job, status=status, started_at=started)


def _told(job: Job) -> str:
    """Event that is stored for a job with a new status."""
    if job.error is not None:
        return f"{job.status}: {job.error.message}"
    if job.status is JobStatus.NOT_STARTED:
        return f"resumed; this is run {job.run}"
    if job.status is JobStatus.QUEUED:
        return f"{job.status}: the compute '{job.settings.compute.target}' has no room yet"
    return job.status.value
