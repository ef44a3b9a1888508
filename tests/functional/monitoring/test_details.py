"""Details of a job: its mini-batches, and the beginning of its output."""

import json
from dataclasses import replace

import pytest

from scoring.process.result import ScoreResult
from scoring.process.spec import ScoreRequest
from shared.jobs.model import RetentionState
from shared.jobs.records import FileFailure
from tests.functional.harness import App

COLUMNS = ("files", "failed", "rows", "attempts", "milliseconds", "ended")


@pytest.fixture
def job(app: App) -> str:
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(60), job="seen")
    assert app.run_jobs() == ["Completed"]
    return "seen"


def test_each_mini_batch_of_a_job(app: App, job: str):
    page = app.call("GET", f"jobs/{job}/mini-batches").document
    assert (page["run"], page["total"], page["first"], page["last"]) == (1, 30, 0, 30)
    assert page["spans"] == [[0, 30]]
    assert [len(page[column]) for column in COLUMNS] == [30] * len(COLUMNS)
    assert sum(page["files"]) == 60
    assert sum(page["rows"]) == app.job(job)["counts"]["rows"] == 120
    assert set(page["attempts"]) == {1}
    assert min(page["ended"]) > 0
    assert (page["next"], page["since"]) == (None, "1-2")
    later = app.call("GET", f"jobs/{job}/mini-batches?since={page['since']}").document
    assert (later["first"], later["spans"]) == (50, [])


@pytest.mark.parametrize("since", ["1", "x-1", "1-", "-1-1", "1-1234567"])
def test_a_place_that_no_answer_gave(app: App, job: str, since: str):
    answer = app.call("GET", f"jobs/{job}/mini-batches?since={since}")
    assert (answer.status, answer.error["target"]) == (422, "since")


def test_the_first_rows_of_the_output(app: App, job: str):
    preview = app.call("GET", f"jobs/{job}/outputs/preview?top=2").document
    assert preview == {
        "name": "predictions.csv",
        "columns": ["file", "row", "prediction"],
        "rows": [["f00000.txt", "0", "1"], ["f00001.txt", "0", "1"]],
        "is_complete": False,
    }
    whole = app.call("GET", f"jobs/{job}/outputs/preview?top=1000").document
    assert (len(whole["rows"]), whole["is_complete"]) == (120, True)


def test_the_lines_of_a_manifest(app: App, job: str):
    path = f"jobs/{job}/outputs/preview?name=predictions.manifest.json"
    preview = app.call("GET", path).document
    assert preview["columns"] is None
    assert len(preview["rows"]) == 1
    manifest = app.get("azureml/seen/score/predictions.manifest.json").decode()
    assert json.loads(manifest)["rows"] == 120
    assert preview["rows"][0][0] == manifest[:1000]


def test_rows_without_a_header(app: App):
    app.pool.score_with = lambda request: ScoreResult(b'1,"a\nb"\n', 1, None, (), b"", 0.01)
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(2), job="bare")
    app.run_jobs()
    preview = app.call("GET", "jobs/bare/outputs/preview").document
    assert (preview["columns"], preview["rows"]) == (None, [["1", "a\nb"]])


def test_the_first_rows_of_what_is_scored_so_far(app: App):
    app.endpoint(mini_batch_size=2, error_threshold=1)
    scored = app.pool.score_with

    def score(request: ScoreRequest) -> ScoreResult:
        name = request.files[0].name
        if name in {"f00000.txt", "f00040.txt"}:
            # So long a reason that the rows behind it are not reached.
            return ScoreResult(b"1\n", 1, None, (FileFailure(name, "no" * 60_000),), b"", 0.01)
        return scored(request)

    app.pool.score_with = score
    app.invoke(app.inputs(60), job="half")
    assert app.run_jobs() == ["Failed"]
    preview = app.call("GET", "jobs/half/outputs/preview?partial=true&top=3").document
    assert preview == {
        "name": "predictions.csv",
        "columns": ["file", "row", "prediction"],
        "rows": [["f00002.txt", "0", "1"], ["f00002.txt", "1", "1"], ["f00002.txt", "2", "1"]],
        "is_complete": False,
    }
    both = app.call("GET", "jobs/half/outputs/preview?partial=true&name=predictions.csv")
    assert (both.status, both.error["target"]) == (422, "name")


def test_what_was_scored_may_be_gone(app: App, job: str):
    stored = app.services.jobs.repository.get(job)
    app.services.jobs.repository.replace(
        stored, replace(stored.job, records=RetentionState.REMOVED)
    )
    answer = app.call("GET", f"jobs/{job}/outputs/preview?partial=true")
    assert (answer.status, answer.error["code"]) == (409, "RecordsRemoved")
    whole = app.call("GET", f"jobs/{job}/outputs/preview?top=1").document
    assert whole["columns"] == ["file", "row", "prediction"]


def test_only_the_beginning_of_a_long_output_is_read(app: App):
    row = b"x" * 5000 + b"\n"
    app.pool.score_with = lambda request: ScoreResult(row * 50, 50, None, (), b"", 0.01)
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(2), job="long")
    app.run_jobs()
    preview = app.call("GET", "jobs/long/outputs/preview?top=1000").document
    assert not preview["is_complete"]
    assert 10 < len(preview["rows"]) < 50
    assert {cell for row in preview["rows"] for cell in row} == {"x" * 1000}


def test_an_output_that_is_not_there(app: App, job: str):
    answer = app.call("GET", f"jobs/{job}/outputs/preview?name=other.csv")
    assert (answer.status, answer.error["code"]) == (404, "OutputNotFound")
    app.invoke(app.inputs(1, "more"), job="new")
    assert app.call("GET", "jobs/new/outputs/preview").error["code"] == "OutputNotFound"
    assert app.call("GET", "jobs/none/outputs/preview").error["code"] == "JobNotFound"


def test_jobs_are_searched(app: App, job: str):
    app.endpoint("weather")
    for number in range(5):
        app.invoke(app.inputs(1, f"in{number}"), "weather", job=f"nightly-{number}")
    found = app.call("GET", "jobs?search=NIGHT&top=3").document
    assert [item["name"] for item in found["value"]] == ["nightly-4", "nightly-3", "nightly-2"]
    rest = app.call("GET", found["nextLink"].partition("/api/")[2]).document
    assert [item["name"] for item in rest["value"]] == ["nightly-1", "nightly-0"]
    assert rest["nextLink"] is None
    assert [item["name"] for item in app.call("GET", "jobs?search=in3").document["value"]] == [
        "nightly-3"
    ]
    both = app.call("GET", "jobs?search=taxi&status=Completed").document["value"]
    assert [item["name"] for item in both] == [job]
    assert app.call("GET", "endpoints/weather/jobs?search=seen").document["value"] == []


def test_a_search_looks_at_some_jobs_at_a_time(app: App, job: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.jobs.repository.SEARCHED", 2)
    for number in range(3):
        app.invoke(app.inputs(1, f"in{number}"), job=f"later-{number}")
    page = app.call("GET", "jobs?search=seen").document
    assert page["value"] == []
    page = app.call("GET", page["nextLink"].partition("/api/")[2]).document
    assert [item["name"] for item in page["value"]] == [job]


def test_a_search_goes_on_from_where_a_page_ended_only(app: App, job: str):
    answer = app.call("GET", "jobs?search=x&continuation=nonsense")
    assert (answer.status, answer.error["target"]) == (422, "continuation")


def test_a_job_links_to_its_page_and_tells_its_model(app: App, job: str):
    document = app.job(job)
    page = document["interactionEndpoints"]["Studio"]["endpoint"]
    assert page == f"http://localhost:7071/api/studio/#/jobs/{job}"
    assert document["model"]["name"] == "m"
