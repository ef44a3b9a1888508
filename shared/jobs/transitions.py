"""Transitions between the statuses of a job."""

from shared.errors import ConflictError
from shared.jobs.model import JobStatus

_ENDS = frozenset({JobStatus.FAILED, JobStatus.CANCELED})
_FOLLOWERS = {
    JobStatus.NOT_STARTED: {JobStatus.QUEUED, JobStatus.PREPARING, JobStatus.CANCEL_REQUESTED},
    JobStatus.QUEUED: {JobStatus.PREPARING, JobStatus.CANCEL_REQUESTED},
    JobStatus.PREPARING: {JobStatus.RUNNING, JobStatus.FINALIZING, JobStatus.CANCEL_REQUESTED},
    JobStatus.RUNNING: {JobStatus.FINALIZING, JobStatus.CANCEL_REQUESTED},
    JobStatus.FINALIZING: {JobStatus.COMPLETED},
    JobStatus.CANCEL_REQUESTED: {JobStatus.CANCELED},
    JobStatus.COMPLETED: set[JobStatus](),
    JobStatus.FAILED: {JobStatus.NOT_STARTED},
    JobStatus.CANCELED: {JobStatus.NOT_STARTED},
}


def may_follow(current: JobStatus, following: JobStatus) -> bool:
    """True if a job may go from one status to another; staying where it is always may."""
    if current is following:
        return True
    if following in _FOLLOWERS[current]:
        return True
    return following in _ENDS and not current.is_final


def check_transition(current: JobStatus, following: JobStatus) -> None:
    """Refuses a status that may not follow.

    Raises:
        ConflictError: With both statuses named.
    """
    if not may_follow(current, following):
        raise ConflictError(f"a job that is {current} cannot become {following}")
