"""Wires the services of webhooks."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.endpoints.build import EndpointServices
from shared.jobs.build import JobServices
from shared.webhooks.deliveries import Sender, WebhookDispatcher
from shared.webhooks.outbox import Outbox
from shared.webhooks.repository import WebhookRepository
from shared.webhooks.service import WebhookService


@dataclass(frozen=True)
class WebhookServices:
    """Webhooks, and their deliveries."""

    service: WebhookService
    dispatcher: WebhookDispatcher


def build_webhooks(
    repository: WebhookRepository,
    endpoints: EndpointServices,
    jobs: JobServices,
    outbox: Outbox,
    sender: Sender,
    clock: Clock,
) -> WebhookServices:
    """Makes the services of the room; `outbox` is the one that marks jobs."""
    return WebhookServices(
        service=WebhookService(repository, endpoints.repository, sender, clock),
        dispatcher=WebhookDispatcher(
            repository, jobs.repository, jobs.lifecycle, outbox, sender, clock
        ),
    )
