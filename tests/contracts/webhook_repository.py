"""Contract of the repository of webhooks on every TableStore; a subclass gives `tables`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ConflictError, PreconditionError
from shared.outbound.post import Reply
from shared.principal import Creator, PrincipalKind
from shared.storage.ports import TableStore
from shared.webhooks.model import (
    DeliveryLog,
    DeliveryOutcome,
    PendingDelivery,
    Webhook,
    WebhookState,
    settle,
)
from shared.webhooks.repository import WebhookRepository

NOON = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)


def make_webhook(name: str = "ops", endpoint: str = "Taxi", webhook_id: str = "1") -> Webhook:
    return Webhook(
        name=name,
        endpoint_name=endpoint,
        id=webhook_id,
        endpoint_made=NOON,
        url="https://example.com/hook",
        secret="whsec_",
        states=(WebhookState.STARTED, WebhookState.FAILED),
        created_by=Creator("user-1", "tenant", "Ada", PrincipalKind.USER),
        created_at=NOON,
        updated_at=NOON,
    )


def make_delivery(event: str, webhook_id: str = "1", seconds: float = 0) -> PendingDelivery:
    at = NOON + timedelta(seconds=seconds)
    state = WebhookState.FAILED
    return PendingDelivery(event, webhook_id, "Taxi", "ops", "job", state, at, '{"ü": 1}', at)


class WebhookRepositoryContract:
    @pytest.fixture
    def webhooks(self, tables: TableStore) -> WebhookRepository:
        return WebhookRepository(tables)

    def test_comes_back_as_it_was_stored(self, webhooks: WebhookRepository):
        stored = webhooks.create(make_webhook())
        assert webhooks.find("TAXI", "Ops") == stored
        assert stored.webhook == make_webhook()

    def test_a_name_is_taken_once(self, webhooks: WebhookRepository):
        webhooks.create(make_webhook())
        with pytest.raises(ConflictError):
            webhooks.create(make_webhook("OPS"))
        webhooks.create(make_webhook(endpoint="pending"))
        assert [item.webhook.endpoint_name for item in webhooks.of("pending")] == ["pending"]

    def test_only_one_of_two_changes_holds(self, webhooks: WebhookRepository):
        stored = webhooks.create(make_webhook())
        changed = webhooks.replace(stored, replace(stored.webhook, description="x"))
        with pytest.raises(PreconditionError):
            webhooks.replace(stored, stored.webhook)
        assert webhooks.find("taxi", "ops") == changed

    def test_what_is_not_there(self, webhooks: WebhookRepository):
        assert webhooks.find("taxi", "ops") is None
        assert webhooks.of("taxi") == []
        assert list(webhooks.pending()) == []
        assert webhooks.log(make_webhook()) == DeliveryLog()

    def test_deliveries_are_kept_in_the_order_of_time(self, webhooks: WebhookRepository):
        for event, webhook_id, seconds in (("b", "1", 2), ("a", "2", 3), ("c", "1", 1)):
            assert webhooks.add(make_delivery(event, webhook_id, seconds)) is not None
        assert [item.delivery.event_id for item in webhooks.pending()] == ["c", "b", "a"]
        own = webhooks.pending(make_webhook())
        assert [item.delivery for item in own] == [
            make_delivery("c", "1", 1),
            make_delivery("b", "1", 2),
        ]

    def test_a_delivery_is_added_once_and_claimed_once(self, webhooks: WebhookRepository):
        delivery = make_delivery("a")
        added = webhooks.add(delivery)
        assert added is not None
        later = replace(delivery, attempts=3)
        changed = webhooks.change(added, later)
        assert changed is not None
        assert webhooks.change(added, delivery) is None
        assert webhooks.add(delivery) is None
        assert list(webhooks.pending()) == [changed]
        webhooks.remove(delivery)
        webhooks.remove(delivery)
        assert webhooks.change(changed, later) is None
        assert list(webhooks.pending()) == []

    def test_what_became_of_deliveries_is_recorded_once(self, webhooks: WebhookRepository):
        webhook = make_webhook()
        reply = Reply(500, "it answered 500")
        for number in range(25):
            outcome = DeliveryOutcome.DELIVERED if number % 5 else DeliveryOutcome.GIVEN_UP
            settled = settle(make_delivery(str(number)), outcome, reply, NOON)
            webhooks.record(webhook, settled)
            webhooks.record(webhook, settled)
        log = webhooks.log(webhook)
        assert (log.delivered, log.given_up, len(log.recent)) == (20, 5, 20)
        assert log.recent[0] == settled
        assert webhooks.log(make_webhook(webhook_id="2")) == DeliveryLog()

    def test_an_endpoints_webhooks_go_together(self, webhooks: WebhookRepository):
        for endpoint in ("taxi", "other"):
            stored = webhooks.create(make_webhook(endpoint=endpoint))
            settled = settle(make_delivery("1"), DeliveryOutcome.DELIVERED, Reply(200), NOON)
            webhooks.record(make_webhook(endpoint=endpoint), settled)
        webhooks.delete_all("Taxi")
        assert (webhooks.of("taxi"), webhooks.log(make_webhook())) == ([], DeliveryLog())
        assert len(webhooks.of("other")) == 1
        webhooks.delete(stored)
        assert webhooks.of("other") == []
        assert webhooks.log(make_webhook(endpoint="other")) == DeliveryLog()
