"""The request that makes a job of a schedule."""

from datetime import datetime

from shared.running.invocation import InvokeRequest
from shared.schedules.model import CREATE_JOB, Schedule
from shared.schedules.trigger_time import fill


def job_request(schedule: Schedule, due_at: datetime, *, key: str | None) -> InvokeRequest:
    """Returns the request that makes the job of a schedule which is due then.

    Args:
        schedule: The schedule.
        due_at: The time that its placeholders stand for.
        key: What makes a repeated request find the job that is there; None for a dry run.

    Raises:
        InvalidError: What stands for the time is not written as it should be.
    """
    zone = schedule.trigger.time_zone
    return InvokeRequest(
        endpoint=schedule.endpoint_name,
        document=fill(schedule.create_job, due_at, zone, at=CREATE_JOB),
        deployment=schedule.deployment_name,
        idempotency_key=key,
        caller=schedule.created_by.as_principal(),
    )
