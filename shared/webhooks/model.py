"""Webhooks: who is told what of an endpoint's jobs, and what became of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared.jobs.model import Job, JobStatus, Notification
from shared.outbound.post import Reply
from shared.principal import Creator

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP_AFTER = timedelta(hours=6)
RECENT_KEPT = 20


class WebhookState(StrEnum):
    """States of a job that a webhook can be notified of."""

    STARTED = "Started"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"


STATE_OF: Mapping[JobStatus, WebhookState] = {
    JobStatus.RUNNING: WebhookState.STARTED,
    JobStatus.COMPLETED: WebhookState.COMPLETED,
    JobStatus.FAILED: WebhookState.FAILED,
    JobStatus.CANCELED: WebhookState.CANCELED,
}


@dataclass(frozen=True)
class Webhook:
    """An address that is told of an endpoint's jobs.

    Attributes:
        id: One of its own; what is untold goes to this webhook, not to another of its name.
        endpoint_made: When its endpoint was created; one made later has not this webhook.
        url: May hold what only its owner should know.
        secret: What signs; `whsec_` and 24 to 64 bytes in base64.
        states: What it is told.
    """

    name: str
    endpoint_name: str
    id: str
    endpoint_made: datetime
    url: str = field(repr=False)
    secret: str = field(repr=False)
    states: tuple[WebhookState, ...]
    created_by: Creator
    created_at: datetime
    updated_at: datetime
    description: str = ""


@dataclass(frozen=True)
class PendingDelivery:
    """Something that a webhook is still to be told.

    Attributes:
        webhook: The webhook's name.
        body: The event as JSON, the same each time.
        attempts: How often it was tried.
        first_tried_at: When it was tried first, None before.
        next_at: Not to be tried before.
        status: Of HTTP, as it was answered the last time.
        message: Why the last attempt failed.
    """

    event_id: str
    webhook_id: str
    endpoint_name: str
    webhook: str
    job: str
    state: WebhookState
    occurred_at: datetime
    body: str
    next_at: datetime
    attempts: int = 0
    first_tried_at: datetime | None = None
    status: int | None = None
    message: str = ""


class DeliveryOutcome(StrEnum):
    """Outcome of a delivery to a webhook."""

    DELIVERED = "Delivered"
    GIVEN_UP = "GivenUp"


@dataclass(frozen=True)
class SettledDelivery:
    """Something that a webhook was told, or that was given up; see `PendingDelivery`."""

    event_id: str
    job: str
    state: WebhookState
    occurred_at: datetime
    outcome: DeliveryOutcome
    attempts: int
    status: int | None
    message: str
    settled_at: datetime


@dataclass(frozen=True)
class DeliveryLog:
    """Results of a webhook's deliveries: counts, and the last ones, newest first."""

    delivered: int = 0
    given_up: int = 0
    recent: tuple[SettledDelivery, ...] = ()

    def plus(self, settled: SettledDelivery) -> "DeliveryLog":
        """The log with one more; one that is there already is not counted again."""
        if any(item.event_id == settled.event_id for item in self.recent):
            return self
        is_delivered = settled.outcome is DeliveryOutcome.DELIVERED
        return DeliveryLog(
            self.delivered + is_delivered,
            self.given_up + (not is_delivered),
            (settled, *self.recent)[:RECENT_KEPT],
        )


def tried(delivery: PendingDelivery, reply: Reply, now: datetime) -> PendingDelivery | None:
    """A delivery after a failed attempt, None if it is to be given up."""
    first = delivery.first_tried_at or now
    pause = min(FIRST_PAUSE * 2**delivery.attempts, LONGEST_PAUSE)
    if now + pause > first + GIVE_UP_AFTER:
        return None
    return replace(
        delivery,
        attempts=delivery.attempts + 1,
        first_tried_at=first,
        next_at=now + pause,
        status=reply.status,
        message=reply.message,
    )


def settle(
    delivery: PendingDelivery, outcome: DeliveryOutcome, reply: Reply, now: datetime
) -> SettledDelivery:
    """Returns the log entry of a delivery after its last attempt."""
    return SettledDelivery(
        delivery.event_id,
        delivery.job,
        delivery.state,
        delivery.occurred_at,
        outcome,
        delivery.attempts + 1,
        reply.status,
        reply.message,
        now,
    )


def event_body(job: Job, announcement: Notification) -> str:
    """Returns a notification as a CloudEvent in JSON.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
    """
    state = STATE_OF[announcement.status]
    error = announcement.error
    event = {
        "specversion": "1.0",
        "id": announcement.event_id,
        "source": f"/endpoints/{job.endpoint_name}",
        "type": f"batchpoint.job.{state.lower()}",
        "subject": job.name,
        "time": announcement.at.isoformat(),
        "datacontenttype": "application/json",
        "data": {
            "job": job.name,
            "endpoint": job.endpoint_name,
            "deployment": job.deployment.name,
            "status": announcement.status.value,
            "run": announcement.run,
            "error": None if error is None else {"code": error.code, "message": error.message},
            "output": str(job.output.file) if state is WebhookState.COMPLETED else None,
            "created_at": job.created_at.isoformat(),
        },
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
