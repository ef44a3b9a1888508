"""Makes the requests for the jobs of schedules, which keep invocations as users wrote them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.errors import BatchpointError
from shared.running.drafts import InvocationDraft
from shared.running.invocation import InvokeRequest
from shared.schedules.model import CREATE_JOB, Schedule
from shared.schedules.trigger_time import fill

InvocationReader = Callable[[Mapping[str, Any]], InvocationDraft]
"""Reads the document of an invocation; raises InvalidError where it breaks the rules."""


class JobRequests:
    """Fills in the time for which a job is made, and reads the invocation that results."""

    def __init__(self, read_invocation: InvocationReader) -> None:
        self._read_invocation = read_invocation

    def make(self, schedule: Schedule, due_at: datetime, *, key: str | None) -> InvokeRequest:
        """Makes the request for the job of a schedule which is due then.

        Args:
            schedule: The schedule.
            due_at: The time that its placeholders stand for.
            key: What makes a repeated request find the job that is there; None for a dry run.

        Raises:
            InvalidError: What stands for the time is not written as it should be, or the
                invocation breaks the rules.
        """
        zone = schedule.trigger.time_zone
        document = fill(schedule.create_job, due_at, zone, at=CREATE_JOB)
        try:
            draft = self._read_invocation(document)
        except BatchpointError as error:
            raise within_create_job(error) from error
        return InvokeRequest(
            endpoint=schedule.endpoint_name,
            draft=draft,
            deployment=schedule.deployment_name,
            idempotency_key=key,
            caller=schedule.created_by.as_principal(),
        )


def within_create_job(error: BatchpointError) -> BatchpointError:
    """Returns an error of an invocation as one of the schedule that has it in `create_job`."""
    details = [
        replace(item, target=f"{CREATE_JOB}.{item.target}")
        for item in error.details
        if item.target is not None
    ]
    target = None if error.target is None else f"{CREATE_JOB}.{error.target}"
    return type(error)(error.message, target=target, code=error.code, details=details)
