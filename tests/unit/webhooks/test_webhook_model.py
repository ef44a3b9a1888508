"""Events for webhooks, their signatures, and their retries."""

import base64
import hmac
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import Webhook as Verifier

from shared.errors import InvalidError
from shared.jobs.model import JobError, JobStatus, Notification
from shared.outbound.post import Reply
from shared.webhooks.documents import read_webhook
from shared.webhooks.model import (
    GIVE_UP_AFTER,
    DeliveryLog,
    DeliveryOutcome,
    PendingDelivery,
    WebhookState,
    event_body,
    settle,
    tried,
)
from shared.webhooks.signing import check_secret, make_secret, signed_headers
from tests.unit.factories import make_job

NOON = datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)
URL = "https://example.com/hook"
DELIVERY = PendingDelivery("e", "1", "taxi", "ops", "j", WebhookState.FAILED, NOON, "{}", NOON)
DOWN = Reply(None, "no answer")


def test_the_pauses_double_up_to_an_hour_until_six_hours_are_over():
    delivery, now, pauses = DELIVERY, NOON, []
    while (later := tried(delivery, DOWN, now)) is not None:
        assert later.attempts == delivery.attempts + 1
        pauses.append((later.next_at - now).total_seconds())
        delivery, now = later, later.next_at
    assert pauses == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]
    assert now - NOON <= GIVE_UP_AFTER
    assert (delivery.status, delivery.message) == (None, "no answer")


def test_what_was_not_tried_for_long_is_tried_for_six_hours_all_the_same():
    late = NOON + timedelta(days=3)
    later = tried(DELIVERY, Reply(500, "x"), late)
    assert later is not None
    assert (later.first_tried_at, later.status) == (late, 500)


def test_the_log_counts_each_event_once():
    log = DeliveryLog()
    for _ in range(2):
        log = log.plus(settle(DELIVERY, DeliveryOutcome.DELIVERED, Reply(200), NOON))
    log = log.plus(settle(replace(DELIVERY, event_id="f"), DeliveryOutcome.GIVEN_UP, DOWN, NOON))
    assert (log.delivered, log.given_up) == (1, 1)
    assert [item.event_id for item in log.recent] == ["f", "e"]
    assert log.recent[0].attempts == 1


def test_the_body_is_a_cloud_event():
    job = make_job("j")
    error = JobError("ErrorThresholdExceeded", "ünlesbar")
    announcement = Notification("id-1", JobStatus.FAILED, 2, NOON, error, ("1",))
    body = event_body(job, announcement).encode()
    headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
    event = from_http_event(HTTPMessage(headers, body), JSONFormat())
    assert (event.get_id(), event.get_type()) == ("id-1", "batchpoint.job.failed")
    assert (event.get_source(), event.get_subject()) == ("/endpoints/taxi", "j")
    assert event.get_time() == NOON
    assert event.get_data() == {
        "job": "j",
        "endpoint": "taxi",
        "deployment": "blue",
        "status": "Failed",
        "run": 2,
        "error": {"code": "ErrorThresholdExceeded", "message": "ünlesbar"},
        "output": None,
        "created_at": "2026-01-01T00:00:00+00:00",
    }


@pytest.mark.parametrize("secret", [make_secret(bytes(range(24))), make_secret(b"\xff" * 64)])
def test_receivers_can_check_the_signature(secret: str):
    check_secret(secret, target="secret")
    body = '{"ü": 1}'
    headers = signed_headers(secret, "id-1", NOON, body.encode())
    assert headers["webhook-id"] == "id-1"
    assert headers["webhook-timestamp"] == "1767268800"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"id-1.1767268800.{body}".encode(), "sha256")
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"
    now = datetime.now(UTC)
    Verifier(secret).verify(body, signed_headers(secret, "id-1", now, body.encode()))


def test_the_signature_is_that_of_the_specification():
    """The example in its README, sent from another time zone."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    sent = datetime.fromtimestamp(1614265330, timezone(timedelta(hours=5)))
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", sent, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize(
    "secret",
    [
        "x",
        "whsec_",
        "whsec_" + base64.b64encode(b"k" * 23).decode(),
        "whsec_" + base64.b64encode(b"k" * 65).decode(),
        "whsec_" + "ü" * 40,
        "whsec_" + "-" * 40,
        base64.b64encode(b"k" * 32).decode(),
    ],
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str):
    with pytest.raises(InvalidError) as caught:
        read_webhook({"url": URL, "secret": secret}, name="ops", endpoint="taxi")
    error = caught.value
    assert (error.target, error.details[0].code) == ("secret", "InvalidSecret")
    assert len(secret) < 10 or secret not in error.message


def test_reads_a_webhook():
    form = read_webhook({"url": URL}, name="ops", endpoint="taxi")
    assert (form.states, form.secret) == (tuple(WebhookState), None)
    some = read_webhook({"url": URL, "states": ["failed", "STARTED"]}, name="o", endpoint="e")
    assert some.states == (WebhookState.STARTED, WebhookState.FAILED)
    secret = make_secret(b"k" * 32)
    assert secret not in repr(read_webhook({"url": URL, "secret": secret}, name="o", endpoint="e"))


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https://host:99999/"}, "url"),
        ({"url": "https://host:0/"}, "url"),
        ({"url": "//host/x"}, "url"),
        ({"url": "https://user:secret@host/"}, "url"),
        ({"url": "https://host/a b"}, "url"),
        ({"url": "https://höst/"}, "url"),
        ({"url": "https://host/" + "x" * 2048}, "url"),
        ({"states": []}, "states"),
        ({"states": ["Running"]}, "states[0]"),
        ({"name": "other"}, "name"),
        ({"endpoint_name": "other"}, "endpoint_name"),
        ({"headers": {}}, "headers"),
    ],
)
def test_wrong_documents_are_refused(change: dict[str, Any], target: str):
    with pytest.raises(InvalidError) as caught:
        read_webhook({"url": URL, **change}, name="ops", endpoint="taxi")
    assert caught.value.details[0].target == target
