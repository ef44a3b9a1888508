"""Retention times of data that need not be kept forever."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.jobs.model import Job

JOB_SAFETY = timedelta(hours=1)
"""How long after a job's end its things stay, whatever is asked: longer than any function may run,
so that nothing of the job can still be written when they go."""


@dataclass(frozen=True)
class Retention:
    """Days that each kind is kept, after a job's end or after the last use; 0 is forever.

    Attributes:
        records: Plans, records and unpublished files of a job; with them it can be resumed.
        logs: What user code printed, and what happened to the job.
        jobs: The job itself; with it goes all that is left of it, but for its output.
        uploads: Uploads that nothing refers to.
        history: Orchestrations that have ended.
    """

    records: int = 7
    logs: int = 30
    jobs: int = 90
    uploads: int = 30
    history: int = 7

    @property
    def records_kept(self) -> timedelta | None:
        """Time that records are kept after a job's end; None for forever."""
        return _shortest(self.records, self.jobs)

    @property
    def logs_kept(self) -> timedelta | None:
        """Time that logs are kept after a job's end; None for forever."""
        return _shortest(self.logs, self.jobs)

    @property
    def jobs_kept(self) -> timedelta | None:
        """Time that jobs are kept after their end; None for forever."""
        return _shortest(self.jobs)

    @property
    def history_kept(self) -> timedelta | None:
        """Time that ended orchestrations are kept after their creation; None for forever."""
        return _shortest(self.history)


KEPT_BY_DEFAULT = Retention()


def kept_until(job: Job, kept: timedelta | None) -> datetime | None:
    """Until when something of an ended job stays; None is forever, or not known yet."""
    if kept is None or job.ended_at is None or not job.status.is_final:
        return None
    return job.ended_at + kept


def _shortest(*days: int) -> timedelta | None:
    given = [count for count in days if count]
    return timedelta(days=min(given)) if given else None
