"""Creating, showing and deleting the webhooks of endpoints."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from shared.clock import Clock
from shared.documents.validation import invalid
from shared.endpoints.children import EndpointChildren, is_of
from shared.endpoints.model import Endpoint
from shared.endpoints.repository import EndpointRepository
from shared.errors import ConflictError, ErrorDetail
from shared.principal import Principal
from shared.webhooks.deliveries import Sender
from shared.webhooks.documents import WebhookForm, read_webhook
from shared.webhooks.model import DeliveryLog, PendingDelivery, Webhook
from shared.webhooks.repository import StoredWebhook, WebhookRepository
from shared.webhooks.signing import make_secret

KEY_BYTES = 32
MAX_WEBHOOKS = 10


@dataclass(frozen=True)
class WebhookView:
    """A webhook and how its deliveries go.

    Attributes:
        pending: What it is still to be told, the earliest first.
        log: What became of the rest.
        new_secret: The secret, if it was made just now; nobody is ever shown it again.
    """

    webhook: Webhook
    pending: tuple[PendingDelivery, ...] = ()
    log: DeliveryLog = field(default_factory=DeliveryLog)
    new_secret: str | None = field(default=None, repr=False)


class WebhookService:
    """The use cases around webhooks."""

    def __init__(
        self,
        webhooks: WebhookRepository,
        endpoints: EndpointRepository,
        sender: Sender,
        clock: Clock,
    ) -> None:
        self._webhooks = webhooks
        self._children = EndpointChildren("webhook", webhooks, endpoints)
        self._sender = sender
        self._clock = clock

    def put(
        self, endpoint_name: str, name: str, document: Mapping[str, Any], caller: Principal
    ) -> tuple[WebhookView, bool]:
        """Creates a webhook, or replaces what one of that name says.

        Returns:
            The webhook, and whether it is new.

        Raises:
            InvalidError: The document breaks the rules, or nothing may be sent to the address.
            NotFoundError: There is no such endpoint.
            ConflictError: The endpoint has too many webhooks.
        """
        endpoint = self._children.endpoint(endpoint_name)
        form = read_webhook(document, name=name, endpoint=endpoint.name)
        refusal = self._sender.refusal(form.url)
        if refusal is not None:
            raise invalid([ErrorDetail(refusal, "url", "AddressNotAllowed")])

        def change(found: StoredWebhook | None) -> Webhook:
            if found is not None:
                return self._changed(found.webhook, form)
            self._check_number(endpoint)
            return self._make(endpoint, name, form, caller)

        def write(found: StoredWebhook | None, webhook: Webhook) -> tuple[WebhookView, bool]:
            if found is not None:
                return self._view(self._webhooks.replace(found, webhook)), False
            self._webhooks.create(webhook)
            return WebhookView(webhook, new_secret=None if form.secret else webhook.secret), True

        return self._children.put(endpoint, name, change, write)

    def _changed(self, webhook: Webhook, form: WebhookForm) -> Webhook:
        return replace(
            webhook,
            url=form.url,
            secret=form.secret or webhook.secret,
            states=form.states,
            description=form.description,
            updated_at=self._clock(),
        )

    def _check_number(self, endpoint: Endpoint) -> None:
        if len(self._webhooks.of(endpoint.name)) >= MAX_WEBHOOKS:
            raise ConflictError(
                f"the endpoint '{endpoint.name}' has {MAX_WEBHOOKS} webhooks, which is all that "
                "it can have; delete one first",
                code="TooManyWebhooks",
            )

    def _make(self, endpoint: Endpoint, name: str, form: WebhookForm, caller: Principal) -> Webhook:
        now = self._clock()
        return Webhook(
            name=name,
            endpoint_name=endpoint.name,
            id=uuid4().hex,
            endpoint_made=endpoint.created_at,
            url=form.url,
            secret=form.secret or make_secret(secrets.token_bytes(KEY_BYTES)),
            states=form.states,
            created_by=caller.as_creator(),
            created_at=now,
            updated_at=now,
            description=form.description,
        )

    def get(self, endpoint_name: str, name: str) -> WebhookView:
        """Shows a webhook.

        Raises:
            NotFoundError: There is no such endpoint or webhook.
        """
        return self._view(self._children.get(endpoint_name, name))

    def list(self, endpoint_name: str) -> tuple[WebhookView, ...]:
        """Lists an endpoint's webhooks by name; there are few.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        endpoint = self._children.endpoint(endpoint_name)
        return tuple(
            self._view(stored)
            for stored in self._webhooks.of(endpoint.name)
            if is_of(stored, endpoint)
        )

    def delete(self, endpoint_name: str, name: str) -> None:
        """Deletes a webhook, which is told nothing from then on.

        Raises:
            NotFoundError: There is no such endpoint or webhook.
        """
        self._children.delete(endpoint_name, name)

    def _view(self, stored: StoredWebhook) -> WebhookView:
        webhook = stored.webhook
        pending = tuple(item.delivery for item in self._webhooks.pending(webhook))
        return WebhookView(webhook, pending, self._webhooks.log(webhook))
