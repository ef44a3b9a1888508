"""Follows a job until it ends, across lost connections."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from batchpoint.errors import ApiError, BatchpointError, ServiceUnreachableError
from batchpoint.models import Job
from batchpoint.retrying import TRANSIENT_STATUSES

ENDED = frozenset({"Completed", "Failed", "Canceled"})


class FollowTimeoutError(BatchpointError):
    """The job goes on, but the time to follow it is over."""


@dataclass(frozen=True)
class Pace:
    """How a job is followed.

    Attributes:
        sleep: Waits that many seconds.
        clock: Seconds that never go back.
        timeout: How many seconds to follow, or None for as long as it takes.
        patience: How many seconds the service may be away before it is given up.
        first_interval: Seconds between the first two looks; it grows.
        max_interval: The longest time between two looks, in seconds.
    """

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    timeout: float | None = None
    patience: float = 300.0
    first_interval: float = 0.25
    max_interval: float = 2.0


def follow(
    show: Callable[[], Job], pace: Pace, on_lost: Callable[[str], None] = lambda _: None
) -> Iterator[Job]:
    """Yields a job's state now and then; the last one is that of an ended job.

    Args:
        show: Asks the service for the job.
        pace: How often, and for how long.
        on_lost: Told, once each time, when the connection is lost.

    Raises:
        FollowTimeoutError: The job has not ended in time.
        ServiceUnreachableError: The service stayed away for longer than the patience.
    """
    deadline = None if pace.timeout is None else pace.clock() + pace.timeout
    interval = pace.first_interval
    while True:
        job = _look(show, pace, deadline, on_lost)
        yield job
        if job["status"] in ENDED:
            return
        _check(deadline, pace, f"the job is still {job['status']}")
        pace.sleep(interval)
        interval = min(interval * 1.5, pace.max_interval)


def _look(
    show: Callable[[], Job],
    pace: Pace,
    deadline: float | None,
    on_lost: Callable[[str], None],
) -> Job:
    lost_at: float | None = None
    while True:
        try:
            return show()
        except BatchpointError as error:
            if not _passing(error):
                raise
            now = pace.clock()
            if lost_at is None:
                lost_at = now
                on_lost(error.message)
            if now - lost_at > pace.patience:
                raise
            _check(deadline, pace, "the service does not answer")
            pace.sleep(pace.max_interval)


def _passing(error: BatchpointError) -> bool:
    if isinstance(error, ApiError):
        return error.status in TRANSIENT_STATUSES
    return isinstance(error, ServiceUnreachableError)


def _check(deadline: float | None, pace: Pace, state: str) -> None:
    if deadline is not None and pace.clock() >= deadline:
        raise FollowTimeoutError(
            f"{state} after {pace.timeout:g} seconds; the job goes on, and can be followed again"
        )
