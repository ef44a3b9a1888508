"""Sees to it that webhooks are told of each state that a job has had.

What is to be told is stored by the very write that gives a job its status, so that the one never
happens without the other. From there it becomes deliveries, which do not need the job any more.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from uuid import NAMESPACE_URL, uuid5

from shared.clock import Clock
from shared.endpoints.repository import EndpointRepository
from shared.errors import NotFoundError
from shared.jobs.model import Job, JobError, Notification
from shared.webhooks.model import STATE_OF, PendingDelivery, WebhookState, event_body
from shared.webhooks.repository import WebhookRepository

logger = logging.getLogger(__name__)
MESSAGE_CHARACTERS = 1000
MAX_UNTOLD = 16


class Outbox:
    """Knows what is to be told to whom."""

    def __init__(
        self, webhooks: WebhookRepository, endpoints: EndpointRepository, clock: Clock
    ) -> None:
        self._webhooks = webhooks
        self._endpoints = endpoints
        self._clock = clock

    def announce(self, job: Job) -> Job:
        """Adds to a job that has a new status what is to be told of it.

        Raises:
            StorageError: It cannot be known now who is to be told; worth a retry.
        """
        state = STATE_OF.get(job.status)
        if state is None:
            return job
        ids = tuple(self._recipients(job.endpoint_name, state))
        if not ids:
            return job
        announcement = Notification(
            _event_id(job), job.status, job.run, self._clock(), _short(job.error), ids
        )
        untold = (*job.untold, announcement)
        if len(untold) > MAX_UNTOLD:
            # A job is one entity of bounded size, and must be able to end whatever it takes.
            logger.error("job %s: nothing was told for long; the earliest is dropped", job.name)
        return replace(job, untold=untold[-MAX_UNTOLD:])

    def _recipients(self, endpoint: str, state: WebhookState) -> Iterator[str]:
        found = [item.webhook for item in self._webhooks.of(endpoint)]
        if not found:
            return
        try:
            made = self._endpoints.get(endpoint).endpoint.created_at
        except NotFoundError:
            return
        for webhook in found:
            if webhook.endpoint_made == made and state in webhook.states:
                yield webhook.id

    def deliveries(self, job: Job) -> Iterator[PendingDelivery]:
        """Returns the deliveries of a job's pending notifications, one for each webhook."""
        names = {
            item.webhook.id: item.webhook.name for item in self._webhooks.of(job.endpoint_name)
        }
        for announcement in job.untold:
            body = event_body(job, announcement)
            for webhook_id in announcement.webhooks:
                if webhook_id in names:
                    yield PendingDelivery(
                        event_id=announcement.event_id,
                        webhook_id=webhook_id,
                        endpoint_name=job.endpoint_name,
                        webhook=names[webhook_id],
                        job=job.name,
                        state=STATE_OF[announcement.status],
                        occurred_at=announcement.at,
                        body=body,
                        next_at=announcement.at,
                    )


def _event_id(job: Job) -> str:
    """One for each state of each run, whoever makes it."""
    text = f"batchpoint:{job.name}:{job.created_at.isoformat()}:{job.run}:{job.status}"
    return str(uuid5(NAMESPACE_URL, text))


def _short(error: JobError | None) -> JobError | None:
    return error and replace(error, message=error.message[:MESSAGE_CHARACTERS])
