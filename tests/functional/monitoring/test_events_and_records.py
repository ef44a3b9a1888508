"""Events of a job, its logs in the order of the input, and its partial results."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.errors import StorageError
from shared.jobs.attempt_log import AttemptLog
from shared.jobs.events import EventRepository, JobEvent
from shared.jobs.model import Job
from shared.jobs.records import MiniBatchRecord
from shared.jobs.work import MiniBatchWork
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.memory.tables import MemoryTableStore
from tests.functional.harness import App, score_lines

COUNT = 70


class Moody:
    """Fails at some files, at one of them the first time only."""

    def __init__(self) -> None:
        self.tries = 0

    def __call__(self, request: ScoreRequest) -> ScoreResult:
        name = request.files[0].name
        if name == "f00004.txt":
            self.tries += 1
        if name == "f00060.txt" or (name == "f00004.txt" and self.tries == 1):
            raise ScorerError(
                FailureCause.RAISED, "ValueError: no", traceback="line 3", log=b"trying\n"
            )
        return replace(score_lines(request), log=f"{name}\n".encode())


@pytest.fixture
def moody(tmp_path: Path) -> App:
    """An app with the job `one` of 35 mini-batches, of which one was retried and one given up."""
    app = App(tmp_path, Moody())
    settings: dict[str, Any] = {"error_threshold": 1, "retry_settings": {"max_retries": 1}}
    app.endpoint(mini_batch_size=2, **settings)
    app.invoke(app.inputs(COUNT), job="one")
    assert app.run_jobs() == ["Failed"]
    return app


def pages(app: App, path: str) -> list[list[dict[str, Any]]]:
    """All pages of a list, by its own links."""
    found: list[list[dict[str, Any]]] = []
    link: str | None = path
    while link:
        document = app.call("GET", link.rpartition("/api/")[2]).document
        found.append(document["value"])
        link = document["nextLink"]
    return found


def test_events_tell_what_happened(moody: App):
    (events,) = pages(moody, "jobs/one/events")
    texts = [event["text"] for event in events]
    assert texts[0].startswith("created for the deployment 'blue' of the endpoint 'taxi', to score")
    failed = [text for text in texts if text.startswith("mini-batch")]
    assert failed == [
        "mini-batch 2: attempt 1 failed and is repeated: ValueError: no",
        "mini-batch 30: attempt 1 failed and is repeated: ValueError: no",
        "mini-batch 30: attempt 2, the last one, failed, and with it 2 files: ValueError: no",
    ]
    rest = [text for text in texts[1:] if text not in failed]
    assert rest[:-1] == ["Preparing", "Running", "Finalizing"]
    assert rest[-1].startswith("Failed: 2 files failed, more than the error_threshold of 1 allows")
    moody.call("POST", "jobs/one/resume")
    moody.pool.score_with = score_lines
    assert moody.run_jobs() == ["Completed"]
    (events,) = pages(moody, "jobs/one/events")
    later = [e["text"] for e in events if not e["text"].startswith("mini-batch")]
    assert later[: len(rest) + 1] == [texts[0], *rest]
    assert later[len(rest) + 1 :] == [
        "resumed; this is run 2",
        "Preparing",
        "Running",
        "Finalizing",
        "Completed",
    ]
    paged = pages(moody, "jobs/one/events?top=4")
    assert len(paged) > 2
    assert [event for page in paged for event in page] == events


def test_a_job_that_waits_tells_for_what(app: App):
    app.call("POST", "computes", {"name": "c", "type": "amlcompute", "max_instances": 1})
    app.endpoint(compute={"target": "azureml:c", "instance_count": 1})
    for name in ("first", "second"):
        app.invoke(app.inputs(1), job=name)
    assert app.services.running.admission.ask("first").is_admitted
    assert not app.services.running.admission.ask("second").is_admitted
    ((_, event),) = pages(app, "jobs/second/events")
    assert event["text"] == "Queued: the compute 'azureml:c' has no room yet"


def test_a_failed_job_names_cause_and_counts_in_one_line(moody: App):
    shown = moody.job("one")
    assert shown["error"]["message"] == (
        "2 files failed, more than the error_threshold of 1 allows; the first errors: "
        "f00060.txt: ValueError: no; f00061.txt: ValueError: no"
    )
    (error,) = shown["first_errors"]
    assert error == {
        "file": "f00060.txt",
        "files": 2,
        "message": "ValueError: no\nline 3",
        "mini_batch": 30,
        "attempts": 2,
    }


def test_logs_come_in_the_order_of_the_input(moody: App, monkeypatch: pytest.MonkeyPatch):
    (page,) = pages(moody, "jobs/one/logs?order=input")
    places = [(entry["mini_batch"], entry["attempt"]) for entry in page]
    assert places == sorted(places)
    assert [place for place in places if place[0] in {2, 30}] == [(2, 1), (2, 2), (30, 1), (30, 2)]
    monkeypatch.setattr("shared.monitoring.logs.PAGE_BYTES", 40)
    by_bytes = pages(moody, "jobs/one/logs?order=input")
    assert len(by_bytes) > 10
    assert [entry for part in by_bytes for entry in part] == page
    monkeypatch.setattr("shared.monitoring.logs.PAGE_BYTES", 1)
    assert {len(part) for part in pages(moody, "jobs/one/logs?order=input")} == {1}
    monkeypatch.setattr("shared.monitoring.logs.PAGE_BYTES", 10_000)
    monkeypatch.setattr("shared.monitoring.logs.SEGMENTS_AT_ONCE", 1)
    by_segment = pages(moody, "jobs/one/logs?order=input")
    assert [len(part) for part in by_segment] == [26, len(page) - 26]
    assert [entry for part in by_segment for entry in part] == page


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ("order=size", "order"),
        ("order=input&continuation=x", "continuation"),
        ("order=input&since=2026-01-01T00:00:00Z", "since"),
        ("order=input&tail=5", "tail"),
        ("tail=0", "tail"),
        ("tail=201", "tail"),
        ("tail=many", "tail"),
        ("mini_batch=-1", "mini_batch"),
        ("mini_batch=25000000", "mini_batch"),
        ("mini_batch=2&tail=5", "tail"),
        ("mini_batch=2&order=time", "order"),
    ],
)
def test_what_cannot_be_asked_of_logs(moody: App, query: str, target: str):
    answer = moody.call("GET", f"jobs/one/logs?{query}")
    assert (answer.status, answer.error["target"]) == (422, target)


def test_the_last_logs_are_found_without_those_before_them(moody: App):
    every = moody.call("GET", "jobs/one/logs").document["value"]
    for count in (1, 3, 200):
        last = moody.call("GET", f"jobs/one/logs?tail={count}").document["value"]
        assert last == every[-count:]
    # A log has the second in which it was written.
    since = every[-2]["written_at"].replace("+00:00", "Z")
    later = moody.call("GET", f"jobs/one/logs?since={since}&tail=2").document["value"]
    assert later == every[-2:]


def test_the_logs_of_one_mini_batch(moody: App):
    found = moody.call("GET", "jobs/one/logs?mini_batch=30").document["value"]
    assert [(entry["mini_batch"], entry["attempt"]) for entry in found] == [(30, 1), (30, 2)]
    assert moody.call("GET", "jobs/one/logs?mini_batch=24999999").document["value"] == []
    assert moody.call("GET", "jobs/none/logs?mini_batch=0").error["code"] == "JobNotFound"


def test_records_are_what_is_scored(moody: App, monkeypatch: pytest.MonkeyPatch):
    (page,) = pages(moody, "jobs/one/records")
    numbers = [item["mini_batch"] for item in page]
    assert numbers == sorted(numbers)
    assert set(range(25)) < set(numbers)
    first = page[0]
    kind, _, text = first["url"].partition(",")
    data = base64.b64decode(text)
    assert kind == "data:application/octet-stream;base64"
    assert (first["size"], first["files"]) == (len(data), [])
    assert data.splitlines()[2:] == MiniBatchRecord.decode(data).rows.splitlines()
    assert pages(moody, "jobs/one/records?top=1") == [page[:25], page[25:]]
    monkeypatch.setattr("shared.monitoring.partial_results.SEGMENTS_AT_ONCE", 1)
    assert pages(moody, "jobs/one/records") == [page[:25], page[25:]]
    answer = moody.call("GET", "jobs/one/records?continuation=x")
    assert (answer.status, answer.error["target"]) == (422, "continuation")


def test_large_records_are_blobs(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.results.record_repository.ROW_BYTES", 400)
    app.endpoint(mini_batch_size=1)
    for name, lines in (("a", 1), ("b", 1000), ("c", 1)):
        app.put(f"in/{name}.txt", "x\n" * lines)
    app.invoke("azureml://datastores/workspaceblobstore/paths/in", job="one")
    assert app.run_jobs() == ["Completed"]
    (page,) = pages(app, "jobs/one/records")
    assert [item["url"].partition(":")[0] for item in page] == ["data", "memory", "data"]
    (blob,) = app.blobs.list_page(SYSTEM_CONTAINER, "jobs/one/results/").blobs
    assert blob.name in page[1]["url"]
    assert (page[1]["size"], page[1]["mini_batch"]) == (blob.size, 1)
    record = MiniBatchRecord.decode(app.blobs.read(SYSTEM_CONTAINER, blob.name))
    assert record.rows.count(b"\n") == 1000
    assert app.get("azureml/one/score/predictions.csv").count(b"\n") == 1003


def test_a_page_of_records_holds_a_bounded_number_of_bytes(
    moody: App, monkeypatch: pytest.MonkeyPatch
):
    (page,) = pages(moody, "jobs/one/records")
    monkeypatch.setattr("shared.monitoring.partial_results.PAGE_BYTES", 1)
    assert pages(moody, "jobs/one/records") == [page[:25], page[25:]]


def test_records_name_the_files_that_scripts_wrote(tmp_path: Path):
    def score(request: ScoreRequest) -> ScoreResult:
        assert request.output_dir is not None
        for file in request.files:
            (request.output_dir / f"{file.name}.out").write_text(file.name)
        return ScoreResult(b"", len(request.files), None, (), b"", 0)

    app = App(tmp_path, score)
    app.endpoint(mini_batch_size=2, output_action="summary_only")
    app.invoke(app.inputs(3), job="one")

    def canceling(ending: Any) -> Any:
        app.call("POST", "jobs/one/cancel")
        return app.activities["finish_job"](ending)

    app.run_jobs(finish_job=canceling)
    (page,) = pages(app, "jobs/one/records")
    names = [file["name"] for item in page for file in item["files"]]
    assert names == ["f00000.txt.out", "f00001.txt.out", "f00002.txt.out"]
    assert "/written/" in page[0]["files"][0]["url"]


def item(job: str = "one", index: int = 0, run: int = 1) -> MiniBatchWork:
    return MiniBatchWork(job, run, "id", index, "nonce")


def noted(events: EventRepository, job: str = "one") -> list[JobEvent]:
    return list(events.page(job, limit=1000, continuation=None).events)


def test_a_bounded_number_of_failed_attempts_is_noted():
    events = EventRepository(MemoryTableStore())
    log = AttemptLog(events, maximum=3)
    for index in range(10):
        log.retried(item(index=index), "no\ntraceback")
    texts = [event.text for event in noted(events)]
    assert len(texts) == 3
    assert sum("further failed attempts" in text for text in texts) == 1
    log.gave_up(item(run=2), 5, "x" * 10_000)
    assert len(noted(events)) == 4
    for number in range(10):
        log.retried(item(job=f"job-{number}"), "no")
    assert len(noted(events, "job-9")) == 1


def test_a_note_that_cannot_be_stored_changes_nothing(
    app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def failing(_: EventRepository, job: str, event: JobEvent) -> None:
        raise StorageError(f"not now: {job} {event}")

    monkeypatch.setattr(EventRepository, "add", failing)
    AttemptLog(EventRepository(MemoryTableStore())).retried(item(), "no")
    app.endpoint()
    app.invoke(app.inputs(3), job="one")
    assert app.run_jobs() == ["Completed"]
    assert "could not be noted" in caplog.text
    assert isinstance(app.services.jobs.repository.get("one").job, Job)
