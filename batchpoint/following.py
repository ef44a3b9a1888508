"""Follows a job, or the building of a deployment, until it ends, across lost connections."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from batchpoint.errors import ApiError, BatchpointError, ServiceUnreachableError
from batchpoint.http.retrying import TRANSIENT_STATUSES
from batchpoint.models import Job

T = TypeVar("T")
ENDED = frozenset({"Completed", "Failed", "Canceled"})


class FollowTimeoutError(BatchpointError):
    """The job goes on, but the time to follow it is over."""


@dataclass(frozen=True)
class Pace:
    """Follows a job.

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

    See `follow_until`.
    """
    return follow_until(
        show,
        lambda job: None if job["status"] in ENDED else f"the job is still {job['status']}",
        pace,
        on_lost,
    )


def follow_until(
    show: Callable[[], T],
    waits: Callable[[T], str | None],
    pace: Pace,
    on_lost: Callable[[str], None] = lambda _: None,
) -> Iterator[T]:
    """Yields what the service shows now and then, until it has ended.

    Args:
        show: Asks the service.
        waits: Says what is still waited for; None of what has ended.
        pace: How often, and for how long.
        on_lost: Told, once each time, when the connection is lost.

    Raises:
        FollowTimeoutError: The job has not ended in time.
        ServiceUnreachableError: The service stayed away for longer than the patience.
    """
    deadline = None if pace.timeout is None else pace.clock() + pace.timeout
    interval = pace.first_interval
    while True:
        shown = _look(show, pace, deadline, on_lost)
        yield shown
        waiting = waits(shown)
        if waiting is None:
            return
        _check(deadline, pace, waiting)
        pace.sleep(interval)
        interval = min(interval * 1.5, pace.max_interval)


def _look(
    show: Callable[[], T],
    pace: Pace,
    deadline: float | None,
    on_lost: Callable[[str], None],
) -> T:
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
