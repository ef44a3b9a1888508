"""Jobs from the request to the committed output."""

import json
from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FailureCause, FileFailure, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.jobs.work import first_job_work
from tests.durable_sdk import HandlerError
from tests.functional.harness import App, score_lines


def expected(count: int) -> str:
    lines = ["file,row,prediction"]
    for number in range(count):
        lines += [f"f{number:05d}.txt,{row},1" for row in range(number % 3 + 1)]
    return "\n".join(lines) + "\n"


def output(app: App, job: str, name: str = "predictions.csv") -> bytes:
    return app.get(f"azureml/{job}/score/{name}")


def start(app: App, count: int, **properties: Any) -> str:
    return app.invoke(app.inputs(count), **properties).document["name"]


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_the_output_is_whole_and_in_input_order(app: App, seed: int | None):
    app.endpoint(mini_batch_size=3)
    job = start(app, 100)
    assert app.run_jobs(seed) == ["Completed"]
    assert output(app, job).decode() == expected(100)
    shown = app.job(job)
    assert shown["counts"] == {
        "files": {"total": 100, "scored": 100, "failed": 0},
        "mini_batches": {"total": 34, "done": 34, "failed": 0, "retried": 0},
        "rows": expected(100).count("\n") - 1,
        "planning_complete": True,
    }
    assert shown["status"] == "Completed"
    assert shown["rate"]["files_per_second"] > 0


def test_the_manifest_proves_the_counts(app: App):
    app.endpoint(mini_batch_size=4)
    job = start(app, 30)
    app.run_jobs()
    manifest = json.loads(output(app, job, "predictions.manifest.json"))
    assert manifest["files"] == {"in": 30, "scored": 30, "failed": 0}
    assert [item["number"] for item in manifest["mini_batches"]] == list(range(8))
    assert sum(item["rows"] for item in manifest["mini_batches"]) == manifest["rows"]
    assert sum(item["files"] for item in manifest["mini_batches"]) == 30
    assert manifest["columns"] == ["file", "row", "prediction"]
    assert output(app, job, "predictions.failed.jsonl") == b""


def test_outputs_are_listed_with_urls_when_the_job_is_done(app: App):
    app.endpoint()
    job = start(app, 3)
    assert app.call("GET", f"jobs/{job}/outputs").document["value"] == []
    app.run_jobs()
    files = app.call("GET", f"jobs/{job}/outputs").document["value"]
    assert {item["kind"]: item["name"] for item in files} == {
        "output": "predictions.csv",
        "manifest": "predictions.manifest.json",
        "failed_files": "predictions.failed.jsonl",
    }
    assert files[0]["size"] == len(expected(3))


def test_a_single_file_is_an_input(app: App):
    app.endpoint()
    app.inputs(3)
    job = app.invoke("azureml://datastores/workspaceblobstore/paths/in/f00001.txt").document["name"]
    assert app.run_jobs() == ["Completed"]
    assert output(app, job) == b"file,row,prediction\nf00001.txt,0,1\nf00001.txt,1,1\n"


def failing(*bad: str) -> Any:
    def score(request: ScoreRequest) -> ScoreResult:
        good = [file for file in request.files if file.name not in bad]
        result = score_lines(ScoreRequest(good, request.output_action, request.timeout))
        failures = tuple(
            FileFailure(file.name, "does not fit") for file in request.files if file.name in bad
        )
        return ScoreResult(
            result.rows, result.row_count, result.columns, failures, b"", result.seconds
        )

    return score


def test_a_file_that_does_not_fit_fails_alone(tmp_path: Path):
    app = App(tmp_path, failing("f00004.txt"))
    app.endpoint(mini_batch_size=3)
    job = start(app, 10)
    assert app.run_jobs() == ["Completed"]
    lines = [line for line in expected(10).splitlines() if not line.startswith("f00004")]
    assert output(app, job).decode().splitlines() == lines
    assert app.job(job)["counts"]["files"] == {"total": 10, "scored": 9, "failed": 1}
    failed = [
        json.loads(line) for line in output(app, job, "predictions.failed.jsonl").splitlines()
    ]
    assert failed == [
        {"file": "f00004.txt", "message": "does not fit", "mini_batch": 1, "attempts": 1}
    ]
    assert app.job(job)["first_errors"] == [{**failed[0], "files": 1}]


def test_a_file_that_vanished_fails_alone(app: App):
    app.endpoint(mini_batch_size=3)
    job = start(app, 5)

    def prepare(work: Any) -> Any:
        answer = app.activities["prepare_job"](work)
        app.blobs.delete("workspaceblobstore", "in/f00002.txt")
        return answer

    assert app.run_jobs(prepare_job=prepare) == ["Completed"]
    (error,) = app.job(job)["first_errors"]
    assert error["file"] == "f00002.txt"
    assert "cannot be read" in error["message"]


class Raising:
    """A scorer that fails the attempts at some mini-batches."""

    def __init__(self, first_file: str, times: int) -> None:
        self.first_file, self.left = first_file, times
        self.calls = 0

    def __call__(self, request: ScoreRequest) -> ScoreResult:
        if request.files[0].name == self.first_file:
            self.calls += 1
            if self.left:
                self.left -= 1
                raise ScorerError(FailureCause.RAISED, "ValueError: bad", traceback="line 3")
        return score_lines(request)


def test_a_failed_run_is_tried_again(tmp_path: Path):
    scorer = Raising("f00003.txt", 2)
    app = App(tmp_path, scorer)
    app.endpoint(mini_batch_size=3)
    job = start(app, 9)
    assert app.run_jobs() == ["Completed"]
    assert output(app, job).decode() == expected(9)
    assert app.job(job)["counts"]["mini_batches"]["retried"] == 1
    assert scorer.calls == 3


def test_after_its_retries_all_files_of_a_mini_batch_have_failed(tmp_path: Path):
    scorer = Raising("f00003.txt", 100)
    app = App(tmp_path, scorer)
    app.endpoint(mini_batch_size=3, retry_settings={"max_retries": 2})
    job = start(app, 9)
    assert app.run_jobs() == ["Completed"]
    assert scorer.calls == 3
    counts = app.job(job)["counts"]
    assert counts["files"] == {"total": 9, "scored": 6, "failed": 3}
    assert counts["mini_batches"] == {"total": 3, "done": 3, "failed": 1, "retried": 1}
    first = app.job(job)["first_errors"][0]
    assert (first["file"], first["files"], first["attempts"]) == ("f00003.txt", 3, 3)
    assert first["message"] == "ValueError: bad\nline 3"


def test_waiting_for_a_scorer_uses_no_attempt_and_leaves_no_log(tmp_path: Path):
    causes = [FailureCause.BUSY, FailureCause.BUSY, FailureCause.RAISED, FailureCause.BUSY]

    def score(request: ScoreRequest) -> ScoreResult:
        if causes:
            raise ScorerError(causes.pop(0), "no")
        return score_lines(request)

    app = App(tmp_path, score)
    app.endpoint(retry_settings={"max_retries": 1})
    job = start(app, 2)
    assert app.run_jobs() == ["Completed"]
    assert app.job(job)["counts"]["mini_batches"]["retried"] == 1
    logs = app.call("GET", f"jobs/{job}/logs").document["value"]
    assert [entry["attempt"] for entry in logs] == [1]


def test_a_scorer_that_cannot_be_started_again_fails_attempts_and_not_the_job(tmp_path: Path):
    def score(request: ScoreRequest) -> ScoreResult:
        if request.files[0].name == "f00001.txt":
            raise ScorerError(FailureCause.RELOAD_FAILED, "memory is short")
        return score_lines(request)

    app = App(tmp_path, score)
    app.endpoint(mini_batch_size=1, retry_settings={"max_retries": 2})
    job = start(app, 3)
    assert app.run_jobs() == ["Completed"]
    shown = app.job(job)
    assert shown["counts"]["files"] == {"total": 3, "scored": 2, "failed": 1}
    assert shown["first_errors"][0]["attempts"] == 3
    assert "memory is short" in shown["first_errors"][0]["message"]


def test_a_model_that_does_not_load_ends_the_job(tmp_path: Path):
    def score(_: ScoreRequest) -> ScoreResult:
        raise ScorerError(FailureCause.INIT_FAILED, "init() failed: ImportError", traceback="at 1")

    app = App(tmp_path, score)
    app.endpoint(mini_batch_size=1)
    job = start(app, 40)
    assert app.run_jobs() == ["Failed"]
    error = app.job(job)["error"]
    assert error["code"] == "ScorerInitFailed"
    assert error["message"] == "the model cannot be loaded: init() failed: ImportError\nat 1"
    assert len(app.pool.requests) < 15


def test_passing_the_error_threshold_ends_the_job(tmp_path: Path):
    bad = [f"f{number:05d}.txt" for number in range(0, 60, 2)]
    app = App(tmp_path, failing(*bad))
    app.endpoint(mini_batch_size=1, error_threshold=2)
    job = start(app, 60)
    assert app.run_jobs() == ["Failed"]
    shown = app.job(job)
    assert shown["error"]["code"] == "ErrorThresholdExceeded"
    assert "3 files failed, more than the error_threshold of 2" in shown["error"]["message"]
    assert "f00000.txt: does not fit" in shown["error"]["message"]
    assert len(app.pool.requests) < 15
    assert app.call("GET", f"jobs/{job}/outputs").document["value"] == []


def test_reaching_the_error_threshold_does_not(tmp_path: Path):
    app = App(tmp_path, failing("f00000.txt", "f00007.txt"))
    app.endpoint(mini_batch_size=3, error_threshold=2)
    start(app, 9)
    assert app.run_jobs() == ["Completed"]


@pytest.mark.parametrize("seed", range(3))
def test_activities_that_run_twice_change_nothing(app: App, seed: int):
    app.endpoint(mini_batch_size=2)
    job = start(app, 60)

    def twice(name: str) -> Any:
        def run(work: Any) -> Any:
            app.activities[name](work)
            return app.activities[name](work)

        return run

    assert app.run_jobs(seed, **{name: twice(name) for name in app.activities}) == ["Completed"]
    assert output(app, job).decode() == expected(60)


def test_an_orchestration_that_starts_over_goes_on_from_what_is_recorded(app: App):
    app.endpoint(mini_batch_size=2)
    job = start(app, 60)
    calls = 0

    def dying(work: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 13:
            raise KeyboardInterrupt
        return app.activities["score_mini_batch"](work)

    with pytest.raises(KeyboardInterrupt):
        app.run_jobs(score_mini_batch=dying)
    app.put("in/f00000a.txt", "a file that came later")
    before = len(app.pool.requests)
    stored = app.services.jobs.repository.get(job).job
    assert app.run_work(first_job_work(stored, resume=True)) == "Completed"
    assert output(app, job).decode() == expected(60)
    assert len(app.pool.requests) == 30
    assert before == 13


def test_live_counts_while_the_job_runs(app: App):
    app.endpoint(mini_batch_size=2)
    job = start(app, 10)
    seen: list[Any] = []

    def watched(work: Any) -> Any:
        answer = app.activities["score_mini_batch"](work)
        seen.append(app.job(job))
        return answer

    app.run_jobs(score_mini_batch=watched)
    assert [item["counts"]["files"]["scored"] for item in seen] == [2, 4, 6, 8, 10]
    assert {item["status"] for item in seen} == {"Running"}
    assert seen[0]["estimated_seconds_left"] > 0


def test_two_jobs_to_one_output_the_second_fails_before_scoring(app: App):
    app.endpoint()
    uri = app.inputs(3)
    jobs = [app.invoke(uri, outputDataset={"path": "same"}).document["name"] for _ in range(2)]
    second = app.client.started.pop()
    inner: list[str] = []

    def then(work: Any) -> Any:
        if not inner:
            inner.append(app.run_work(second[2]))
        return app.activities["score_mini_batch"](work)

    assert app.run_jobs(score_mini_batch=then) == ["Completed"]
    assert inner == ["Failed"]
    assert app.job(jobs[1])["error"]["code"] == "OutputClaimed"
    assert jobs[0] in app.job(jobs[1])["error"]["message"]
    assert app.get("same/predictions.csv").decode() == expected(3)


def test_an_output_that_appears_meanwhile_is_left_alone(app: App):
    app.endpoint()
    job = start(app, 3, outputDataset={"path": "mine"})

    def finish(work: Any) -> Any:
        app.put("mine/predictions.csv", "somebody else's")
        return app.activities["finish_job"](work)

    assert app.run_jobs(finish_job=finish) == ["Failed"]
    assert app.job(job)["error"]["code"] == "OutputExists"
    assert app.get("mine/predictions.csv") == b"somebody else's"


def test_an_input_that_is_emptied_meanwhile_is_no_error(app: App):
    app.endpoint()
    job = start(app, 1)
    app.blobs.delete("workspaceblobstore", "in/f00000.txt")
    assert app.run_jobs() == ["Completed"]
    assert app.job(job)["counts"]["files"]["total"] == 0
    assert output(app, job) == b""


def test_columns_that_differ_fail_the_job(tmp_path: Path):
    def score(request: ScoreRequest) -> ScoreResult:
        result = score_lines(request)
        columns = ("a",) if request.files[0].name == "f00002.txt" else result.columns
        return ScoreResult(result.rows, result.row_count, columns, (), b"", 0)

    app = App(tmp_path, score)
    app.endpoint(mini_batch_size=1)
    job = start(app, 4)
    assert app.run_jobs() == ["Failed"]
    assert app.job(job)["error"]["code"] == "ColumnsDiffer"


def test_storage_that_stays_away_fails_the_job(app: App):
    app.endpoint()
    job = start(app, 2)

    def down(_: Any) -> Any:
        raise HandlerError("storage is down")

    assert app.run_jobs(next_chunk=down) == ["Failed"]
    assert "storage is down" in app.job(job)["error"]["message"]
