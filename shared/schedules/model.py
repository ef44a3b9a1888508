"""Schedules: which job is to start when, and what became of it each time."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.principal import Creator
from shared.schedules.cron import CronTrigger

LATE = timedelta(minutes=10)
"""How much later than due a job may start before its time counts as missed."""
CREATE_JOB = "create_job"
"""The key of a schedule's document that holds the body of its invocations."""
RUNS_KEPT = 20
MAX_COUNTED = 1000


class MissedRuns(StrEnum):
    """Policy for times at which nothing could be started, as the app did not run."""

    ONCE = "once"
    SKIP = "skip"


class RunOutcome(StrEnum):
    """Outcome of a time that was due."""

    STARTED = "Started"
    SKIPPED = "Skipped"
    MISSED = "Missed"
    FAILED = "Failed"


@dataclass(frozen=True)
class Schedule:
    """A schedule that starts jobs on an endpoint.

    Attributes:
        id: One of its own, so that no other schedule of that name ever makes the same jobs.
        endpoint_made: When its endpoint was created; one made later has not this schedule.
        create_job: The body of its invocations, as the user wrote it.
        created_by: Who made it, and so all of its jobs.
        deployment_name: A deployment other than the active one.
        places: What it reads and writes in datastores, as URIs; for those who would remove it.
    """

    name: str
    endpoint_name: str
    id: str
    endpoint_made: datetime
    trigger: CronTrigger
    create_job: Mapping[str, Any]
    created_by: Creator
    created_at: datetime
    updated_at: datetime
    missed: MissedRuns = MissedRuns.ONCE
    deployment_name: str | None = None
    display_name: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScheduleRun:
    """Outcome of a time that was due.

    Attributes:
        due_at: When it was due; the first of several.
        at: When this was settled.
        job: The job that was started.
        message: Why none was.
        count: How many times due this stands for; `MAX_COUNTED` if there were more.
    """

    due_at: datetime
    at: datetime
    outcome: RunOutcome
    job: str | None = None
    message: str = ""
    count: int = 1


@dataclass(frozen=True)
class PendingRun:
    """A time that has come, and whose job is being started since then."""

    due_at: datetime
    since: datetime


@dataclass(frozen=True)
class ScheduleState:
    """State of a schedule.

    Attributes:
        next_due: The first time that nothing was done about yet; None if there is none any more.
        pending: The time whose job is being started; no other one is before this is settled.
        runs: What became of the last times, the newest first.
    """

    next_due: datetime | None
    is_paused: bool = False
    pending: PendingRun | None = None
    runs: tuple[ScheduleRun, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """True if there is, or will be, something to do."""
        return self.pending is not None or (self.next_due is not None and not self.is_paused)

    def settled(self, run: ScheduleRun) -> "ScheduleState":
        """The state once a time that was due is settled."""
        return replace(self, runs=(run, *self.runs)[:RUNS_KEPT])


def advance(
    trigger: CronTrigger, missed: MissedRuns, state: ScheduleState, now: datetime
) -> ScheduleState:
    """Pending work of a schedule.

    Of several times that have come, the last one counts; those before it were missed. The last one
    is missed too if it is late and missed times are to be skipped.

    Args:
        trigger: When the schedule is due.
        missed: What to do about times that were missed.
        state: How far it has come; nothing is pending.
        now: The time.

    Returns:
        The state with the time whose job is to be started, or with what was missed recorded.
    """
    first = state.next_due
    if first is None or first > now or state.is_paused:
        return state
    last, count = _came(trigger, first, now)
    is_skipped = missed is MissedRuns.SKIP and now - last > LATE
    lost = count if is_skipped else count - 1
    if lost:
        message = "nothing was started in time, and missed times are skipped"
        if not is_skipped:
            message = (
                f"nothing was started in time; what is due at {last.isoformat()} stands for it"
            )
        run = ScheduleRun(first, now, RunOutcome.MISSED, message=message, count=lost)
        state = state.settled(run)
    pending = None if is_skipped else PendingRun(last, now)
    return replace(state, next_due=trigger.next_after(last), pending=pending)


def _came(trigger: CronTrigger, first: datetime, now: datetime) -> tuple[datetime, int]:
    """The last time due until now, and how many there were from the first one on."""
    last, count = first, 1
    while (following := trigger.next_after(last)) is not None and following <= now:
        last, count = following, count + 1
        if count > MAX_COUNTED:
            return trigger.last_until(now, after=last - timedelta(microseconds=1)), count
    return last, count
