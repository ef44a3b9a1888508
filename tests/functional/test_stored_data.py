"""Data of the version before lanes: its tables and blobs, as a stack of that version left them."""

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import ScoreResult
from scoring.process.spec import ScoreRequest
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.ports import Entity, Scalar
from tests.functional.harness import App

STORED = Path(__file__).with_name("stored") / "before_lanes.json"
JOBS = {
    "done-job": "Completed",
    "failed-job": "Failed",
    "halfway-job": "Canceled",
    "stopped-job": "Canceled",
}


def _scalar(value: Any) -> Scalar:
    if not isinstance(value, dict):
        return value
    ((kind, inner),) = value.items()
    match kind:
        case "datetime":
            return datetime.fromisoformat(inner)
        case "binary":
            return base64.b64decode(inner)
        case _:
            return inner


def _restore(tables: MemoryTableStore, blobs: MemoryBlobStore) -> None:
    stored = json.loads(STORED.read_text("utf-8"))
    etags: dict[str, str] = {}
    # Inputs come first: plans name the versions of the files that they were made of.
    for container, content in sorted(stored["containers"].items(), reverse=True):
        for name, blob in content.items():
            data = base64.b64decode(blob["data"])
            if "/plan/" in name:
                for before, now in etags.items():
                    data = data.replace(before.encode(), now.encode())
            blobs.write(container, name, data)
            info = blobs.info(container, name)
            assert info is not None
            etags[blob["etag"]] = info.etag
    for table, rows in stored["tables"].items():
        for row in rows:
            values = {key: _scalar(value) for key, value in row.items()}
            partition, key = str(values.pop("PartitionKey")), str(values.pop("RowKey"))
            tables.insert(table, Entity(partition, key, values))


def _count_lines(request: ScoreRequest) -> ScoreResult:
    """Scores as the stored deployment's script does."""
    rows = [f"{file.name},{len(file.data.splitlines())}\n" for file in request.files]
    return ScoreResult("".join(rows).encode(), len(rows), None, (), b"", 0.01)


@pytest.fixture
def app(tmp_path: Path) -> App:
    tables, blobs = MemoryTableStore(), MemoryBlobStore()
    _restore(tables, blobs)
    now = datetime.fromisoformat("2026-11-28T19:00:00Z")
    return App(tmp_path, score=_count_lines, tables=tables, blobs=blobs, now=now)


def test_endpoints_and_what_they_use(app: App) -> None:
    endpoint = app.call("GET", "endpoints/lines").document
    assert (endpoint["description"], endpoint["tags"]) == ("Counts lines", {"team": "nightly"})
    (deployment,) = endpoint["deployments"]
    assert deployment["name"] == "first"
    assert deployment["provisioning_state"] == "Succeeded"
    assert deployment["retry_settings"] == {"max_retries": 0, "timeout": 60}
    names = {
        kind: [item["name"] for item in app.call("GET", kind).document["value"]]
        for kind in ("models", "data", "computes")
    }
    assert names == {"models": ["counted"], "data": ["lines-data"], "computes": ["narrow"]}


def test_jobs_and_their_counts(app: App) -> None:
    listed = app.call("GET", "jobs?endpoint=lines").document["value"]
    assert {job["name"]: job["status"] for job in listed} == JOBS
    done = app.call("GET", "jobs/done-job").document
    assert done["counts"]["files"] == {"total": 7, "scored": 7, "failed": 0}
    assert done["counts"]["rows"] == 7
    failed = app.call("GET", "jobs/failed-job").document
    assert failed["error"]["code"] == "ErrorThresholdExceeded"
    assert "this file is bad" in failed["first_errors"][0]["message"]


def test_outputs_logs_and_events(app: App) -> None:
    outputs = app.call("GET", "jobs/done-job/outputs").document["value"]
    assert "predictions.csv" in [item["name"] for item in outputs]
    rows = app.get("azureml/done-job/score/predictions.csv").decode().splitlines()
    assert rows == [f"f{number}.txt,{number + 1}" for number in range(7)]
    logs = app.call("GET", "jobs/done-job/logs").document["value"]
    assert any("scored 2" in json.dumps(entry) for entry in logs)
    assert app.call("GET", "jobs/halfway-job/events").document["value"]


def test_records_in_blobs_are_shown_mini_batch_by_mini_batch(app: App) -> None:
    page = app.call("GET", "jobs/halfway-job/mini-batches").document
    assert page["total"] == 31
    records = app.call("GET", "jobs/halfway-job/records").document["value"]
    assert [record["mini_batch"] for record in records] == [*range(5), *range(25, 30)]


def test_a_canceled_job_is_resumed_and_scores_only_what_was_left(app: App) -> None:
    before = app.call("GET", "jobs/halfway-job").document["counts"]["files"]["scored"]
    assert app.call("POST", "jobs/halfway-job/resume").status == 202
    assert app.run_jobs() == ["Completed"]
    job = app.call("GET", "jobs/halfway-job").document
    assert (before, job["counts"]["files"]["scored"]) == (10, 31)
    asked = [file.name for request in app.pool.requests for file in request.files]
    assert sorted(asked) == sorted(set(asked))
    assert len(asked) == 21
    rows = app.get("azureml/halfway-job/score/predictions.csv").decode().splitlines()
    assert rows == [*(f"{number:02}.txt,2" for number in range(30)), "z.txt,1"]


def test_schedules_run_and_webhooks_are_delivered(app: App) -> None:
    (schedule,) = app.call("GET", "endpoints/lines/schedules").document["value"]
    assert (schedule["name"], schedule["trigger"]["time_zone"]) == ("nightly", "Europe/Berlin")
    (webhook,) = app.call("GET", "endpoints/lines/webhooks").document["value"]
    assert webhook["name"] == "told"
    app.services.webhooks.dispatcher.run(60)
    sent = [json.loads(body) for _, body, _ in app.sender.sent]
    assert [(event["data"]["job"], event["type"]) for event in sent] == [
        ("failed-job", "batchpoint.job.failed"),
        ("done-job", "batchpoint.job.completed"),
    ]


def test_housekeeping_removes_the_jobs_when_their_time_has_come(app: App) -> None:
    app.now += timedelta(days=400)
    app.call("POST", "housekeeping")
    assert app.call("GET", "jobs?endpoint=lines").document["value"] == []
