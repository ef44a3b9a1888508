"""Secrets that pass through the app come out nowhere: planted, then looked for everywhere."""

import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest

from shared.errors import NotFoundError, StorageError
from shared.jobs.plan import InputPage, PlannedFile
from shared.outbound.client import OutboundClient
from shared.principal import Role
from shared.retry import RetryPolicy
from tests.functional.harness import App
from tests.tokens import shared_issuer

CANARY = "c4n4ry"
HASTY = RetryPolicy(sleep=lambda _: None)
URL = f"https://data.test/c/f.csv?sv=2026&sig={CANARY}"


class SignedPublic:
    """One file, behind a signed URL; it fails when told to, as storage does."""

    fails = False
    lost = False

    def list_page(self, url: str, *, marker: str | None, limit: int) -> InputPage:
        assert CANARY in url
        return InputPage((PlannedFile("f.csv", url, 2, "e"),), None)

    def read_version(self, url: str, etag: str, start: int, length: int) -> bytes:
        return self.read(url)[start : start + length]

    def read(self, url: str) -> bytes:
        assert CANARY in url
        if self.lost:
            raise NotFoundError("it is gone")
        if self.fails:
            OutboundClient(HASTY).read(url.replace("data.test", "127.0.0.1:1"))
        return b"a\n"


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> SignedPublic:
    made = SignedPublic()
    monkeypatch.setattr("tests.functional.harness.NoPublic", lambda: made)
    return made


@pytest.fixture
def app(public: SignedPublic, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> App:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.INFO)
    return App(tmp_path)


def everything_shown(app: App, name: str) -> str:
    """All answers about a job, and all blobs that are for users to read."""
    parts = ["", "/logs", "/logs?order=input", "/events", "/records", "/outputs"]
    paths = ["jobs", *(f"jobs/{name}{part}" for part in parts)]
    paths += ["data", "data/d/versions/1", "endpoints"]
    answers = [app.call("GET", path).document for path in paths]
    written = [blob.name for blob in app.blobs.list_page("workspaceblobstore", "azureml/").blobs]
    return json.dumps([answers, [app.get(blob).decode() for blob in written]])


def kept(app: App) -> dict[str, str]:
    """All that is stored of jobs: entities and blobs, by what they are called."""
    entities = app.tables._tables["jobs"].values()  # type: ignore[union-attr]
    found = {f"{item.partition} {item.row}": str(item.data) for item in entities}
    for blob in app.blobs.list_page("batchpoint", "jobs/").blobs:
        found[blob.name] = app.blobs.read("batchpoint", blob.name).decode(errors="replace")
    return found


def secret_places(app: App) -> list[str]:
    stored = kept(app)
    # So that this would see it, were it there.
    assert "https://data.test/c/f.csv?sv=***&sig=***" in str(stored)
    return [name for name, text in stored.items() if CANARY in text]


def test_a_signature_in_an_input_is_shown_nowhere(
    app: App, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    payloads: list[Any] = []
    handlers = {
        name: (lambda payload, call=call: payloads.append((payload, seen := call(payload))) or seen)
        for name, call in app.activities.items()
    }
    app.endpoint()
    app.call("POST", "data", {"name": "d", "version": "1", "path": URL, "type": "uri_file"})
    made = app.invoke(URL)
    assert made.status == 201
    name = made.document["name"]
    work = app.client.started[0]
    assert app.run_jobs(**handlers) == ["Completed"]
    manifest = app.get(f"azureml/{name}/score/predictions.manifest.json").decode()
    shown = [made.document, work, payloads, everything_shown(app, name), manifest, caplog.text]
    for number, text in enumerate(shown):
        assert CANARY not in json.dumps(text, default=str), number
    assert made.document["input"]["uri"] == "https://data.test/c/f.csv?sv=***&sig=***"
    assert payloads


def test_a_signature_is_kept_in_one_place_until_the_job_has_completed(app: App):
    app.endpoint()
    name = app.invoke(URL).document["name"]
    seen: list[list[str]] = []

    def looking(payload: Any) -> Any:
        seen.append(secret_places(app))
        return app.activities["finish_job"](payload)

    assert app.run_jobs(finish_job=looking) == ["Completed"]
    assert [len(places) for places in seen] == [1]
    assert seen[0][0].startswith(f"jobs/{name}/input/")
    assert secret_places(app) == []


def test_a_failed_job_can_be_resumed_by_the_signature_while_its_records_are_kept(
    app: App, public: SignedPublic
):
    app.endpoint(error_threshold=0, retry_settings={"max_retries": 0})
    public.lost = True
    name = app.invoke(URL, job="one").document["name"]
    assert app.run_jobs() == ["Failed"]
    assert len(secret_places(app)) == 1
    public.lost = False
    assert app.call("POST", f"jobs/{name}/resume").status == 202
    assert app.run_jobs() == ["Completed"]
    assert secret_places(app) == []


@pytest.mark.parametrize("deleted", [True, False])
def test_the_signature_goes_with_the_records(app: App, public: SignedPublic, *, deleted: bool):
    app.endpoint(error_threshold=0, retry_settings={"max_retries": 0})
    public.lost = True
    app.invoke(URL, job="one")
    assert app.run_jobs() == ["Failed"]
    if deleted:
        assert app.call("DELETE", "jobs/one").status == 204
    app.later(days=8)
    assert app.call("POST", "housekeeping").status == 200
    assert CANARY not in str(kept(app))


def test_a_job_that_is_not_made_leaves_no_signature(app: App):
    app.endpoint()
    assert app.invoke(URL, job="one").status == 201
    assert app.invoke(URL, job="one").error["code"] == "JobExists"
    assert len(secret_places(app)) == 1


def test_a_failure_to_read_tells_no_signature(
    app: App, public: SignedPublic, caplog: pytest.LogCaptureFixture
):
    public.fails = True
    app.endpoint()
    name = app.invoke(URL).document["name"]
    assert app.run_jobs() == ["Failed"]
    assert "127.0.0.1:1" in everything_shown(app, name)
    assert CANARY not in everything_shown(app, name)
    assert CANARY not in caplog.text


def test_the_cause_of_a_failure_tells_no_signature():
    """A host writes the whole chain of an activity's error to its log and to the history."""
    with pytest.raises(StorageError) as caught:
        OutboundClient(HASTY).read(f"http://127.0.0.1:1/f?sig={CANARY}")
    text = "".join(traceback.format_exception(caught.value))
    assert "127.0.0.1:1" in text
    assert CANARY not in text.replace(URL, "")


@pytest.mark.parametrize(
    "url",
    [
        f"https://user:{CANARY}@data.test/f",
        f"ftp://data.test/f?sig={CANARY}",
        f"https://[data.test/f?sig={CANARY}",
    ],
)
def test_a_url_that_is_refused_is_not_told_in_full(url: str):
    with pytest.raises(Exception, match=r"URL|url") as caught:
        OutboundClient(HASTY).read(url)
    assert CANARY not in str(caught.value)


def test_tokens_are_in_no_log_and_no_error(app: App, caplog: pytest.LogCaptureFixture):
    good = shared_issuer().user(Role.CONTRIBUTOR, nonce=CANARY)
    bad = shared_issuer().user(Role.CONTRIBUTOR, exp=1)
    app.token = good
    assert app.call("GET", "jobs").status == 200
    app.token = bad
    refused = app.call("GET", "jobs")
    assert refused.status == 401
    for token in (good, bad):
        for part in token.split("."):
            assert part not in caplog.text
            assert part not in json.dumps(refused.document)


def changes(caplog: pytest.LogCaptureFixture, kind: str = "change") -> list[dict[str, Any]]:
    lines = [item.getMessage() for item in caplog.records if item.name == "shared.audit_log"]
    return [json.loads(line.partition(" ")[2]) for line in lines if line.startswith(f"{kind} ")]


def test_each_change_says_who_what_when_and_by_which_request(
    app: App, caplog: pytest.LogCaptureFixture
):
    app.endpoint()
    headers = {"x_ms_client_request_id": "mine-1"}
    made = app.call(
        "POST",
        "endpoints/taxi/jobs",
        {"properties": {"dataset": {"dataInputType": "DataUrl", "path": app.inputs(2)}}},
        **headers,
    )
    name = made.document["name"]
    app.run_jobs()
    app.call("DELETE", "endpoints/taxi")
    app.call("GET", "jobs")
    logged = changes(caplog)
    asked = [entry for entry in logged if entry["what"] != "job_status"]
    assert [entry["what"] for entry in asked] == [
        "create_endpoint",
        "invoke_endpoint",
        "delete_endpoint",
    ]
    assert all(entry["who"]["name"] == "user-1@example.com" for entry in asked)
    invoked = asked[1]
    assert invoked["request_id"] == made.headers["x-ms-request-id"]
    assert invoked["client_request_id"] == "mine-1"
    assert invoked["path_endpoint"] == "taxi"
    assert invoked["made"].endswith(f"/api/jobs/{name}")
    moves = [entry for entry in logged if entry["what"] == "job_status"]
    assert {entry["job"] for entry in moves} == {name}
    assert {entry["who"] for entry in moves} == {"batchpoint"}
    assert moves[0]["old"] == "NotStarted"
    assert moves[-1]["new"] == "Completed"


def test_a_refusal_is_logged_and_cannot_forge_a_line(app: App, caplog: pytest.LogCaptureFixture):
    name = 'x\nchange {"what": "delete_endpoint"}'
    app.token = shared_issuer().user(Role.READER, preferred_username=name)
    assert app.call("DELETE", "endpoints/taxi", x_ms_client_request_id="a\nb").status == 403
    refused = changes(caplog, "refused")
    assert refused[0]["status"] == 403
    assert refused[0]["who"]["name"] == name
    assert refused[0]["client_request_id"] is None
    assert changes(caplog) == []
    assert "\nchange" not in caplog.records[-1].getMessage()
