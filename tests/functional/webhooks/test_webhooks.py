"""Webhooks over HTTP, and what they are told of jobs, come what may."""

import base64
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

from shared.errors import StorageError
from shared.jobs.model import JobError, JobStatus
from shared.outbound.post import Reply
from shared.principal import Role
from tests.functional.harness import Answer, App
from tests.tokens import token_of

PLACE = "endpoints/taxi/webhooks/ops"
URL = "https://hooks.example.com/batchpoint?token=abc"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
EVERY = ["Started", "Completed", "Failed", "Canceled"]


@pytest.fixture
def uri(app: App) -> str:
    assert app.endpoint(error_threshold=0).status == 201
    return app.inputs(3)


def put(app: App, place: str = PLACE, **document: Any) -> Answer:
    return app.call("PUT", place, {"url": URL, "secret": SECRET, **document})


def show(app: App, place: str = PLACE) -> dict[str, Any]:
    return app.call("GET", place).document


def told(app: App) -> list[tuple[str, str]]:
    """Type and job of all that was sent, and accepted or not."""
    events = [json.loads(body) for _, body, _ in app.sender.sent]
    return [(event["type"].removeprefix("batchpoint.job."), event["subject"]) for event in events]


def run(app: App, uri: str) -> str:
    job = app.invoke(uri).document["name"]
    app.run_jobs()
    return job


def test_creates_shows_lists_and_deletes(app: App, uri: str):
    created = put(app, description="operations")
    assert created.status == 201, created.document
    assert created.headers["Location"].endswith(f"/api/{PLACE}")
    document = created.document
    assert document["url"] == "https://hooks.example.com/batchpoint?token=***"
    assert document["states"] == EVERY
    assert document["deliveries"] == {"pending": 0, "delivered": 0, "given_up": 0, "recent": []}
    assert document["created_by"]["id"] == "user-1"
    assert show(app) == document
    assert app.call("GET", "endpoints/TAXI/webhooks").document["value"] == [document]
    assert app.call("DELETE", PLACE).status == 204
    for method in ("GET", "DELETE"):
        answer = app.call(method, PLACE)
        assert (answer.status, answer.error["code"]) == (404, "WebhookNotFound")
    assert app.call("GET", "endpoints/none/webhooks").error["code"] == "EndpointNotFound"


def test_a_secret_is_shown_once_and_never_again(
    app: App, uri: str, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG):
        made = app.call("PUT", PLACE, {"url": URL})
        secret = made.document["secret"]
        assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
        other = put(app, "endpoints/taxi/webhooks/other").document
        changed = app.call("PUT", PLACE, {"url": URL, "description": "changed"})
        assert changed.status == 200
        run(app, uri)
        answers = [
            other,
            changed.document,
            show(app),
            app.call("GET", "endpoints/taxi/webhooks").document,
        ]
    for text in (secret, SECRET):
        assert text not in json.dumps(answers)
        assert text not in caplog.text
        assert text not in repr(app.services.webhooks.service.list("taxi"))
    assert "token=abc" not in caplog.text
    verified = {Verifier(secret).sign(*signed(sent)) for sent in app.sender.sent}
    assert verified & {sent[2]["webhook-signature"] for sent in app.sender.sent}


def signed(sent: tuple[str, bytes, dict[str, str]]) -> tuple[str, datetime, str]:
    _, body, headers = sent
    timestamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    return headers["webhook-id"], timestamp, body.decode()


def test_the_states_of_a_job_are_told_when_it_has_ended(app: App, uri: str):
    put(app)
    job = run(app, uri)
    assert told(app) == [("started", job), ("completed", job)]
    for sent in app.sender.sent:
        url, body, headers = sent
        assert url == URL
        assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
        assert headers["webhook-id"] == json.loads(body)["id"]
        assert headers["webhook-signature"] == Verifier(SECRET).sign(*signed(sent))
    completed = json.loads(app.sender.sent[1][1])
    assert completed["data"]["output"] == app.job(job)["output"]["uri"]
    assert completed["time"] >= app.job(job)["timing"]["created_at"]
    deliveries = show(app)["deliveries"]
    assert (deliveries["pending"], deliveries["delivered"]) == (0, 2)
    assert [item["state"] for item in deliveries["recent"]] == ["Completed", "Started"]
    assert {item["outcome"] for item in deliveries["recent"]} == {"Delivered"}
    app.tick_webhooks()
    assert len(app.sender.sent) == 2


def test_a_failed_job_says_why(app: App, uri: str):
    put(app, states=["failed"])
    app.put("in/f00000.txt", b"\xff\xff")
    job = run(app, uri)
    assert told(app) == [("failed", job)]
    data = json.loads(app.sender.sent[0][1])["data"]
    assert data["error"] == app.job(job)["error"]
    assert (data["status"], data["output"], data["run"]) == ("Failed", None, 1)


def test_cancel_and_resume_are_told_run_by_run(app: App, uri: str):
    put(app)
    job = app.invoke(uri).document["name"]
    app.call("POST", f"jobs/{job}/cancel")
    app.run_jobs()
    assert told(app)[-1] == ("canceled", job)
    app.call("POST", f"jobs/{job}/resume")
    app.run_jobs()
    assert told(app)[-1] == ("completed", job)
    events = [json.loads(body) for _, body, _ in app.sender.sent]
    assert len({event["id"] for event in events}) == len(events)
    assert events[-1]["data"]["run"] == 2


def test_each_webhook_is_told_what_it_asks_for(app: App, uri: str):
    put(app, states=["Started"])
    put(app, "endpoints/taxi/webhooks/all", url="https://other.example.com/")
    app.endpoint("other")
    put(app, "endpoints/other/webhooks/ops", url="https://third.example.com/")
    run(app, uri)
    app.invoke(uri, "other")
    by_url = {url: 0 for url, _, _ in app.sender.sent}
    for url, _, _ in app.sender.sent:
        by_url[url] += 1
    assert by_url == {URL: 1, "https://other.example.com/": 2}


def test_what_happens_before_a_webhook_was_made_is_not_told(app: App, uri: str):
    run(app, uri)
    put(app)
    app.tick_webhooks()
    assert app.sender.sent == []
    run(app, uri)
    assert len(app.sender.sent) == 2


def test_an_endpoint_without_webhooks_has_nothing_untold(app: App, uri: str):
    run(app, uri)
    assert list(app.services.jobs.repository.untold()) == []


def test_a_failed_delivery_is_repeated_with_the_same_id_and_a_new_time(app: App, uri: str):
    put(app, states=["Completed"])
    app.sender.replies = [Reply(503, "it answered 503"), Reply(None, "no answer"), Reply(200)]
    job = run(app, uri)
    (pending,) = show(app)["deliveries"]["recent"]
    assert (pending["outcome"], pending["attempts"]) == ("Pending", 1)
    assert (pending["status_code"], pending["message"]) == (503, "it answered 503")
    app.tick_webhooks()
    assert len(app.sender.sent) == 1
    app.later(seconds=31)
    app.tick_webhooks()
    assert len(app.sender.sent) == 2
    app.later(seconds=31)
    app.tick_webhooks()
    assert len(app.sender.sent) == 2
    app.later(seconds=31)
    app.tick_webhooks()
    assert told(app) == [("completed", job)] * 3
    headers = [headers for _, _, headers in app.sender.sent]
    assert len({item["webhook-id"] for item in headers}) == 1
    assert len({item["webhook-timestamp"] for item in headers}) == 3
    assert len({body for _, body, _ in app.sender.sent}) == 1
    (settled,) = show(app)["deliveries"]["recent"]
    assert (settled["outcome"], settled["attempts"]) == ("Delivered", 3)


def test_it_is_given_up_after_hours_and_that_is_recorded(
    app: App, uri: str, caplog: pytest.LogCaptureFixture
):
    put(app, states=["Completed"])
    app.sender.replies = [Reply(404, "it answered 404")] * 30
    job = run(app, uri)
    for _ in range(30):
        app.later(hours=1)
        app.tick_webhooks()
    assert 5 < len(app.sender.sent) < 10
    deliveries = show(app)["deliveries"]
    assert (deliveries["pending"], deliveries["given_up"]) == (0, 1)
    (settled,) = deliveries["recent"]
    assert (settled["outcome"], settled["status_code"]) == ("GivenUp", 404)
    assert f"was not told of the job {job}: it answered 404" in caplog.text


def test_a_receiver_that_is_down_is_asked_once_and_others_are_told(app: App, uri: str):
    put(app)
    app.sender.replies = [Reply(None, "no answer")]
    run(app, uri)
    assert len(app.sender.sent) == 1
    app.tick_webhooks()
    assert [kind for kind, _ in told(app)] == ["started", "completed"]


def test_a_receiver_that_refuses_one_event_is_told_the_next(app: App, uri: str):
    put(app)
    app.sender.replies = [Reply(400, "it answered 400")]
    run(app, uri)
    assert [kind for kind, _ in told(app)] == ["started", "completed"]


def test_a_changed_address_holds_for_what_is_pending(app: App, uri: str):
    put(app, states=["Completed"])
    app.sender.replies = [Reply(404, "it answered 404")]
    run(app, uri)
    put(app, url="https://new.example.com/")
    app.later(minutes=1)
    app.tick_webhooks()
    assert [url for url, _, _ in app.sender.sent] == [URL, "https://new.example.com/"]


def test_a_deleted_webhook_is_told_nothing_more(app: App, uri: str):
    put(app)
    app.sender.replies = [Reply(500, "it answered 500")] * 5
    run(app, uri)
    app.call("DELETE", PLACE)
    put(app)
    before = len(app.sender.sent)
    app.later(minutes=5)
    app.tick_webhooks()
    assert len(app.sender.sent) == before
    assert show(app)["deliveries"]["pending"] == 0


def test_deleting_an_endpoint_deletes_its_webhooks(app: App, uri: str):
    put(app)
    job = app.invoke(uri).document["name"]
    app.call("DELETE", "endpoints/taxi?force=true")
    app.endpoint()
    app.run_jobs()
    app.tick_webhooks()
    assert (app.job(job)["status"], app.sender.sent) == ("Completed", [])
    assert app.call("GET", "endpoints/taxi/webhooks").document["value"] == []


def test_a_webhook_of_a_deleted_endpoint_is_not_the_next_ones(app: App, uri: str):
    """State after a process died between deleting the endpoint and deleting its webhooks."""
    put(app)
    app.services.endpoints.service._dependants = ()
    app.call("DELETE", "endpoints/taxi")
    app.endpoint()
    assert app.call("GET", PLACE).error["code"] == "WebhookNotFound"
    assert app.call("GET", "endpoints/taxi/webhooks").document["value"] == []
    run(app, uri)
    assert app.sender.sent == []
    assert put(app).status == 201


def test_a_job_that_ends_otherwise_is_told_by_the_timer(app: App, uri: str):
    """As when the watchdog gives up a job whose orchestration failed."""
    put(app)
    job = app.invoke(uri).document["name"]
    stored = app.services.jobs.repository.get(job).job
    app.services.running.recovery.give_up(stored, "gone")
    assert app.sender.sent == []
    assert [item.name for item in app.services.jobs.repository.untold()] == [job]
    app.tick_webhooks()
    assert told(app) == [("failed", job)]
    assert list(app.services.jobs.repository.untold()) == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("method", "table", "place"),
    [
        ("insert", "webhooks", "pending"),
        ("replace", "jobs", "job"),
        ("replace", "webhooks", "pending"),
        ("insert", "webhooks", "endpoint:taxi"),
        ("delete", "webhooks", "pending"),
    ],
)
def test_wherever_it_is_cut_off_all_is_told_in_the_end(
    app: App,
    uri: str,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    table: str,
    place: str,
    after: bool,
):
    put(app)
    real, failed, telling = getattr(app.tables, method), [], []

    def call(name: str, first: Any, *rest: Any) -> Any:
        partition = first if method == "delete" else first.partition
        is_wanted = (name, partition) == (table, place) and telling and not failed
        if not is_wanted:
            return real(name, first, *rest)
        failed.append(method)
        if after:
            real(name, first, *rest)
        raise StorageError("gone")

    dispatcher = app.services.webhooks.dispatcher
    deliver_now = dispatcher.deliver_now
    # Only what is done to tell is cut off, not what makes and runs the job.
    monkeypatch.setattr(
        dispatcher, "deliver_now", lambda *rest: telling.append(1) or deliver_now(*rest)
    )
    monkeypatch.setattr(app.tables, method, call)
    job = run(app, uri)
    assert failed == [method]
    for _ in range(3):
        app.later(minutes=2)
        app.tick_webhooks()
    ids = {headers["webhook-id"] for _, _, headers in app.sender.sent}
    assert (set(told(app)), len(ids)) == ({("started", job), ("completed", job)}, 2)
    deliveries = show(app)["deliveries"]
    assert (deliveries["pending"], deliveries["delivered"]) == (0, 2)


def test_the_mark_and_the_status_are_one_write(app: App, uri: str, monkeypatch: pytest.MonkeyPatch):
    put(app)
    real, statuses = app.tables.replace, []

    def watching(table: str, entity: Any) -> Any:
        if table == "jobs" and entity.partition == "job":
            marks = str(entity.data.get("outbox", "")).count("event_id")
            statuses.append((entity.data["status"], marks))
        return real(table, entity)

    monkeypatch.setattr(app.tables, "replace", watching)
    run(app, uri)
    assert [item for item in statuses if item[0] in {"Running", "Completed"}] == [
        ("Running", 1),
        ("Completed", 2),
        ("Completed", 0),
    ]


def test_a_job_ends_however_much_is_untold(app: App, uri: str):
    put(app, states=["Failed"])
    job = app.invoke(uri).document["name"]
    for _ in range(30):
        change = app.services.jobs.lifecycle.change
        error = JobError("X", "y" * 8000)
        change(job, lambda found: replace(found, status=JobStatus.FAILED, error=error))  # noqa: B023
        change(job, lambda found: replace(found, status=JobStatus.NOT_STARTED, run=found.run + 1))
    app.tick_webhooks()
    assert len(app.sender.sent) == 16


def test_who_may_do_what(app: App, uri: str):
    app.token = token_of(Role.INVOKER)
    assert put(app).status == 403
    app.token = token_of(Role.CONTRIBUTOR)
    put(app)
    app.token = token_of(Role.READER)
    assert app.call("GET", PLACE).status == 200
    assert app.call("DELETE", PLACE).status == 403


def test_refuses_an_address_that_nothing_is_sent_to(app: App, uri: str):
    app.sender.refused = "'localhost' is no public address"
    answer = put(app)
    assert (answer.status, answer.error["target"]) == (422, "url")
    assert answer.error["details"][0]["code"] == "AddressNotAllowed"


def test_an_endpoint_has_ten_webhooks_at_most(app: App, uri: str):
    for number in range(10):
        assert put(app, f"endpoints/taxi/webhooks/w{number}").status == 201
    assert put(app).error["code"] == "TooManyWebhooks"
    assert put(app, "endpoints/taxi/webhooks/w3").status == 200
