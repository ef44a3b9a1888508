"""Webhooks and how their deliveries go."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from api.answers.principals import Creator
from api.answers.values import Count, PastTime, Time
from shared.webhooks.model import WebhookState


class Delivery(TypedDict):
    """An event that a webhook is told, or was."""

    event_id: str
    """The same in each attempt."""
    job: str
    state: WebhookState
    occurred_at: Time
    outcome: Literal["Pending", "Delivered", "GivenUp"]
    attempts: Count
    status_code: int | None
    """What the last attempt was answered; null if it was not."""
    message: str
    """Why the last attempt failed."""
    next_attempt_at: Time | None
    settled_at: PastTime


class Deliveries(TypedDict):
    """Results of a webhook's deliveries."""

    pending: Count
    delivered: Count
    given_up: Count
    recent: list[Delivery]
    """The last 20 that are pending, then the last 20 that are settled; the newest first."""


class Webhook(TypedDict):
    """An address that is told of an endpoint's jobs."""

    name: str
    endpoint_name: str
    description: str
    url: str
    """Of its query, the names alone."""
    states: list[WebhookState]
    secret: NotRequired[str]
    """What signs events; only in the answer to the request that had it made."""
    deliveries: Deliveries
    created_by: Creator
    created_at: Time
    updated_at: Time
