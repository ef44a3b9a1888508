"""Webhooks as the documents that the API answers."""

from api.answers.webhooks import Delivery, Webhook
from api.documents import creator_document
from shared.uris import shown_uri
from shared.webhooks.model import DeliveryOutcome, PendingDelivery, SettledDelivery
from shared.webhooks.service import WebhookView

PENDING_SHOWN = 20


def webhook_document(view: WebhookView) -> Webhook:
    """A webhook with the keys of its YAML form, and how its deliveries go.

    The secret is in it only if it was made by this very request.
    """
    webhook = view.webhook
    document: Webhook = {
        "name": webhook.name,
        "endpoint_name": webhook.endpoint_name,
        "description": webhook.description,
        "url": shown_uri(webhook.url),
        "states": list(webhook.states),
        "deliveries": {
            "pending": len(view.pending),
            "delivered": view.log.delivered,
            "given_up": view.log.given_up,
            "recent": [
                *(_pending(item) for item in view.pending[-PENDING_SHOWN:][::-1]),
                *(_settled(item) for item in view.log.recent),
            ],
        },
        "created_by": creator_document(webhook.created_by),
        "created_at": webhook.created_at.isoformat(),
        "updated_at": webhook.updated_at.isoformat(),
    }
    if view.new_secret is not None:
        document["secret"] = view.new_secret
    return document


def _pending(item: PendingDelivery) -> Delivery:
    return {
        "event_id": item.event_id,
        "job": item.job,
        "state": item.state,
        "occurred_at": item.occurred_at.isoformat(),
        "outcome": "Pending",
        "attempts": item.attempts,
        "status_code": item.status,
        "message": item.message,
        "next_attempt_at": item.next_at.isoformat(),
        "settled_at": None,
    }


def _settled(item: SettledDelivery) -> Delivery:
    return {
        "event_id": item.event_id,
        "job": item.job,
        "state": item.state,
        "occurred_at": item.occurred_at.isoformat(),
        "outcome": "Delivered" if item.outcome is DeliveryOutcome.DELIVERED else "GivenUp",
        "attempts": item.attempts,
        "status_code": item.status,
        "message": item.message,
        "next_attempt_at": None,
        "settled_at": item.settled_at.isoformat(),
    }
