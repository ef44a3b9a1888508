"""Accidents between two writes, and what must come of them."""

from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FailureCause, FileFailure, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.jobs.model import JobStatus
from shared.jobs.work import first_job_work
from tests.functional.harness import App, score_lines


def test_an_endless_error_does_not_keep_a_job_from_ending(tmp_path: Path):
    def score(_: ScoreRequest) -> ScoreResult:
        raise ScorerError(FailureCause.INIT_FAILED, "no", traceback="x" * 60_000)

    app = App(tmp_path, score)
    app.endpoint()
    app.invoke(app.inputs(1), job="one")
    assert app.run_jobs() == ["Failed"]
    assert 1000 < len(app.job("one")["error"]["message"]) < 10_000


def failing(request: ScoreRequest) -> ScoreResult:
    result = score_lines(request)
    failures = tuple(FileFailure(file.name, "bad") for file in request.files)
    return ScoreResult(b"", 0, result.columns, failures, b"", 0)


def test_a_failure_is_counted_though_the_host_died_before_counting_it(tmp_path: Path):
    app = App(tmp_path, failing)
    app.endpoint(mini_batch_size=1, error_threshold=0)
    app.invoke(app.inputs(1), job="one")
    results = app.services.results.store

    def dying(*_: object) -> int:
        raise KeyboardInterrupt

    count, results.count_failed = results.count_failed, dying  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        app.run_jobs()
    results.count_failed = count  # type: ignore[method-assign]
    job = app.services.jobs.repository.get("one").job
    assert app.run_work(first_job_work(job, resume=True)) == "Failed"
    shown = app.job("one")
    assert shown["error"]["code"] == "ErrorThresholdExceeded"
    assert shown["first_errors"][0]["file"] == "f00000.txt"


def test_an_output_that_an_ended_job_still_claims_is_free(app: App):
    app.endpoint()
    uri = app.inputs(2)
    app.invoke(uri, job="dead", outputDataset={"path": "same"})
    jobs = app.services.jobs.repository
    stored = jobs.get("dead")
    app.prepare("dead")
    app.finish("dead", "X")
    jobs.claim_output("workspaceblobstore/same/predictions.csv", "dead")
    assert jobs.get("dead").job.status is JobStatus.FAILED
    app.client.started.clear()
    app.invoke(uri, job="next", outputDataset={"path": "same"})
    assert app.run_jobs() == ["Completed"]
    assert stored.job.name == "dead"


def test_blocks_that_storage_dropped_are_staged_again(app: App):
    app.endpoint()
    app.invoke(app.inputs(3), job="one", outputDataset={"path": "mine"})

    def finish(work: Any) -> Any:
        app.put("mine/predictions.csv", "somebody else's")
        return app.activities["finish_job"](work)

    assert app.run_jobs(finish_job=finish) == ["Failed"]
    app.blobs.delete("workspaceblobstore", "mine/predictions.csv")
    assert app.call("POST", "jobs/one/resume").status == 202
    assert app.run_jobs() == ["Completed"]
    assert app.get("mine/predictions.csv").startswith(b"file,row,prediction\nf00000.txt,0,1\n")


@pytest.mark.parametrize("change", ["add", "delete"])
def test_a_changing_input_is_planned_once_and_whole(
    app: App, monkeypatch: pytest.MonkeyPatch, change: str
):
    monkeypatch.setattr("shared.planning.planner.PAGE_FILES", 30)
    app.endpoint(mini_batch_size=1)
    app.invoke(app.inputs(90), job="one")

    def plan(work: Any) -> Any:
        answer = app.activities["plan_page"](work)
        if work["page"] == 0 and change == "add":
            app.put("in/f00000a.txt", "early")
        if work["page"] == 0 and change == "delete":
            app.blobs.delete("workspaceblobstore", "in/f00001.txt")
        return answer

    list_page = app.services.inputs.reader.list_page
    monkeypatch.setattr(
        app.services.inputs.reader,
        "list_page",
        lambda uri, **more: list_page(uri, **{**more, "limit": 40}),
    )
    app.run_jobs(plan_page=plan)
    planned = [file.name for request in app.pool.requests for file in request.files]
    assert len(planned) == len(set(planned))
    assert set(planned) >= {f"f{number:05d}.txt" for number in range(2, 90)}


@pytest.mark.parametrize("name", ["job", "name", "claim", "line"])
def test_names_that_the_app_keeps_for_itself_are_refused(app: App, name: str):
    app.endpoint()
    answer = app.invoke(app.inputs(1), job=name)
    assert (answer.status, answer.error["target"]) == (422, "name")


def test_a_running_job_guards_its_endpoint_in_any_spelling(app: App):
    app.endpoint()
    app.invoke(app.inputs(1))
    assert app.call("DELETE", "endpoints/TAXI").status == 409
