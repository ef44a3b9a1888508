"""Webhooks in Table Storage.

The table of webhooks holds, by partition:

- `endpoint:NAME`: each webhook of an endpoint, and how its deliveries went;
- `pending`: what is still to be told, the earliest first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.errors import ConflictError, PreconditionError
from shared.storage.codec import decode, encode
from shared.storage.optimistic import put, update
from shared.storage.ports import Entity, Query, TableStore
from shared.webhooks.model import DeliveryLog, PendingDelivery, SettledDelivery, Webhook

TABLE = "webhooks"
PENDING = "pending"
WEBHOOK_ROW = "webhook:"
WEBHOOKS_END = "webhook;"
LOG_ROW = "log:"


@dataclass(frozen=True)
class StoredWebhook:
    """A webhook and the version of it that was read."""

    webhook: Webhook
    etag: str

    @property
    def endpoint_made(self) -> datetime:
        """Returns when the endpoint was created that the webhook was made for."""
        return self.webhook.endpoint_made


@dataclass(frozen=True)
class StoredDelivery:
    """Something that is to be told, and the version of it that was read."""

    delivery: PendingDelivery
    etag: str


class WebhookRepository:
    """Owner of all queries on webhooks and their deliveries."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, webhook: Webhook) -> StoredWebhook:
        """Stores a new webhook.

        Raises:
            ConflictError: Its endpoint has one of that name.
        """
        return StoredWebhook(webhook, self._tables.insert(TABLE, _entity(webhook)).etag)

    def replace(self, stored: StoredWebhook, webhook: Webhook) -> StoredWebhook:
        """Stores a changed webhook, if nobody changed it meanwhile.

        Raises:
            PreconditionError: Somebody did, or has deleted it.
        """
        entity = self._tables.replace(TABLE, _entity(webhook, stored.etag))
        return StoredWebhook(webhook, entity.etag)

    def find(self, endpoint: str, name: str) -> StoredWebhook | None:
        """Reads a webhook, None if the endpoint has none of that name."""
        entity = self._tables.get(TABLE, _partition(endpoint), _row(WEBHOOK_ROW, name))
        return None if entity is None else _stored(entity)

    def of(self, endpoint: str) -> list[StoredWebhook]:
        """Reads an endpoint's webhooks by name."""
        query = Query(_partition(endpoint), row_from=WEBHOOK_ROW, row_before=WEBHOOKS_END)
        return [_stored(entity) for entity in self._tables.query(TABLE, query)]

    def delete(self, stored: StoredWebhook) -> None:
        """Deletes a webhook and its log; what is still to be told goes when its turn comes."""
        partition = _partition(stored.webhook.endpoint_name)
        for start in (WEBHOOK_ROW, LOG_ROW):
            self._tables.delete(TABLE, partition, _row(start, stored.webhook.name))

    def delete_all(self, endpoint: str) -> None:
        """Deletes all webhooks of an endpoint."""
        for entity in list(self._tables.query(TABLE, Query(_partition(endpoint)))):
            self._tables.delete(TABLE, entity.partition, entity.row)

    def log(self, webhook: Webhook) -> DeliveryLog:
        """Reads how a webhook's deliveries went."""
        entity = self._tables.get(
            TABLE, _partition(webhook.endpoint_name), _row(LOG_ROW, webhook.name)
        )
        return _log(entity, webhook)

    def record(self, webhook: Webhook, settled: SettledDelivery) -> None:
        """Records what became of a delivery; doing it again changes nothing.

        Raises:
            PreconditionError: Too many do so at once; worth a retry.
        """
        partition, row = _partition(webhook.endpoint_name), _row(LOG_ROW, webhook.name)

        def change(found: Entity | None) -> Entity:
            log = _log(found, webhook).plus(settled)
            data = {"webhook": webhook.id, "document": encode(log)}
            return Entity(partition, row, data, found.etag if found else "")

        update(
            lambda: self._tables.get(TABLE, partition, row),
            change,
            lambda _, changed: put(self._tables, TABLE, changed),
            busy=PreconditionError(
                f"the log of the webhook '{webhook.name}' is changed by too many"
            ),
        )

    def add(self, delivery: PendingDelivery) -> StoredDelivery | None:
        """Stores something that is to be told; None if it was stored already, and stays so."""
        try:
            entity = self._tables.insert(TABLE, _pending_entity(delivery))
        except ConflictError:
            return None
        return StoredDelivery(delivery, entity.etag)

    def change(self, stored: StoredDelivery, delivery: PendingDelivery) -> StoredDelivery | None:
        """Stores a changed delivery; None if somebody else was faster, or it is settled."""
        try:
            entity = self._tables.replace(TABLE, _pending_entity(delivery, stored.etag))
        except PreconditionError:
            return None
        return StoredDelivery(delivery, entity.etag)

    def remove(self, delivery: PendingDelivery) -> None:
        """Removes a delivery that is settled; one that is gone is fine."""
        self._tables.delete(TABLE, PENDING, _pending_row(delivery))

    def pending(self, webhook: Webhook | None = None) -> Iterator[StoredDelivery]:
        """Reads what is still to be told, the earliest first; only what one webhook is."""
        where = {} if webhook is None else {"webhook": webhook.id}
        for entity in self._tables.query(TABLE, Query(PENDING, where=where)):
            document = str(entity.data["document"])
            yield StoredDelivery(decode(document, PendingDelivery), entity.etag)


def _partition(endpoint: str) -> str:
    return f"endpoint:{endpoint.lower()}"


def _row(start: str, name: str) -> str:
    return f"{start}{name.lower()}"


def _entity(webhook: Webhook, etag: str = "") -> Entity:
    row = _row(WEBHOOK_ROW, webhook.name)
    return Entity(_partition(webhook.endpoint_name), row, {"document": encode(webhook)}, etag)


def _stored(entity: Entity) -> StoredWebhook:
    return StoredWebhook(decode(str(entity.data["document"]), Webhook), entity.etag)


def _log(entity: Entity | None, webhook: Webhook) -> DeliveryLog:
    """The log of this very webhook, and not of an earlier one of its name."""
    if entity is None or entity.data["webhook"] != webhook.id:
        return DeliveryLog()
    return decode(str(entity.data["document"]), DeliveryLog)


def _pending_row(delivery: PendingDelivery) -> str:
    microseconds = int(delivery.occurred_at.timestamp() * 1_000_000)
    return f"{microseconds:017d}-{delivery.event_id}-{delivery.webhook_id}"


def _pending_entity(delivery: PendingDelivery, etag: str = "") -> Entity:
    data = {"webhook": delivery.webhook_id, "document": encode(delivery)}
    return Entity(PENDING, _pending_row(delivery), data, etag)
