"""Schedules and how far they have come."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from api.answers.principals import Creator
from api.answers.values import Rule, Tags, Time
from shared.jobs.model import JobStatus
from shared.schedules.model import MissedRuns, RunOutcome


class CronTrigger(TypedDict):
    """Times at which jobs are due."""

    type: Literal["cron"]
    expression: str
    time_zone: str
    """Its IANA name."""
    start_time: Time | None
    """Nothing is due before."""
    end_time: Time | None
    """Nothing is due after."""


class LastJob(TypedDict):
    """The last job that a schedule started."""

    name: str
    status: JobStatus


class ScheduleRun(TypedDict):
    """Outcome of a time at which a schedule was due."""

    due_at: Time
    """When it was due; the first of several."""
    settled_at: Time
    outcome: RunOutcome
    """Skipped, as an earlier job had not ended; Missed, as nothing was started in time.

    Failed, as the job was refused.
    """
    job: str | None
    message: str
    """Why no job was started."""
    count: Annotated[int, Rule("minimum", 1), Rule("maximum", 1000)]
    """How many times due this stands for; 1,000 is that or more."""


class Schedule(TypedDict):
    """A schedule of jobs."""

    name: str
    endpoint_name: str
    display_name: str
    description: str
    tags: Tags
    trigger: CronTrigger
    missed: MissedRuns
    deployment_name: str | None
    create_job: dict[str, Any]
    """The body of its invocations; of web addresses' queries, the names alone."""
    created_by: Creator
    is_paused: bool
    next_due: Time | None
    """When the next job is due; null while it is paused and after its end."""
    last_job: LastJob | None
    runs: list[ScheduleRun]
    """What became of the last 20 times, the newest first."""
    created_at: Time
    updated_at: Time
