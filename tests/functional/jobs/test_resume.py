"""Failed and canceled jobs go on, and give what an undisturbed run gives."""

from pathlib import Path
from typing import Any

import pytest

from scoring.result import FailureCause, FileFailure, ScorerError, ScoreResult
from scoring.spec import ScoreRequest
from tests.durable_sdk import HandlerError
from tests.functional.harness import App, score_lines

COUNT = 70


class Flaky:
    """Fails some files in one of two ways while it is broken."""

    def __init__(self, bad: set[str], *, raises: bool) -> None:
        self.bad, self.raises, self.is_broken = bad, raises, True
        self.seen: list[str] = []

    def __call__(self, request: ScoreRequest) -> ScoreResult:
        names = [file.name for file in request.files]
        self.seen += names
        bad = self.bad & set(names) if self.is_broken else set[str]()
        if bad and self.raises:
            raise ScorerError(FailureCause.RAISED, "ValueError: broken")
        good = [file for file in request.files if file.name not in bad]
        result = score_lines(ScoreRequest(good, request.output_action, request.timeout))
        failures = tuple(FileFailure(name, "broken") for name in sorted(bad))
        return ScoreResult(result.rows, result.row_count, result.columns, failures, b"", 0)


def undisturbed(folder: Path) -> bytes:
    app = App(folder)
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(COUNT), job="one")
    assert app.run_jobs() == ["Completed"]
    return app.get("azureml/one/score/predictions.csv")


def resume(app: App, job: str = "one") -> str:
    answer = app.call("POST", f"jobs/{job}/resume")
    assert answer.status == 202, answer.document
    (status,) = app.run_jobs()
    return status


@pytest.mark.parametrize("raises", [True, False])
def test_what_failed_is_scored_again(tmp_path: Path, *, raises: bool):
    scorer = Flaky({"f00003.txt", "f00060.txt", "f00061.txt"}, raises=raises)
    app = App(tmp_path / "a", scorer)
    app.endpoint(mini_batch_size=2, error_threshold=2, retry_settings={"max_retries": 0})
    app.invoke(app.inputs(COUNT), job="one")
    assert app.run_jobs() == ["Failed"]
    failed = app.job("one")
    assert failed["error"]["code"] == "ErrorThresholdExceeded"
    scorer.is_broken, scorer.seen = False, []
    assert resume(app) == "Completed"
    assert app.get("azureml/one/score/predictions.csv") == undisturbed(tmp_path / "b")
    shown = app.job("one")
    assert (shown["status"], shown["error"]) == ("Completed", None)
    assert shown["counts"]["files"] == {"total": COUNT, "scored": COUNT, "failed": 0}
    assert "f00000.txt" not in scorer.seen
    assert "f00003.txt" in scorer.seen


def test_what_still_fails_fails_again(tmp_path: Path):
    app = App(tmp_path, Flaky({"f00001.txt"}, raises=False))
    app.endpoint(mini_batch_size=2, error_threshold=0)
    app.invoke(app.inputs(4), job="one")
    assert app.run_jobs() == ["Failed"]
    assert resume(app) == "Failed"
    assert "1 files failed" in app.job("one")["error"]["message"]


def test_a_canceled_job_goes_on(tmp_path: Path):
    app = App(tmp_path / "a")
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(COUNT), job="one")

    def canceling(work: Any) -> Any:
        if work["index"] == 7:
            app.call("POST", "jobs/one/cancel")
        return app.activities["score_mini_batch"](work)

    assert app.run_jobs(score_mini_batch=canceling) == ["Canceled"]
    scored = {file.name for request in app.pool.requests for file in request.files}
    app.pool.requests.clear()
    assert resume(app) == "Completed"
    again = {file.name for request in app.pool.requests for file in request.files}
    assert app.get("azureml/one/score/predictions.csv") == undisturbed(tmp_path / "b")
    assert not scored & again
    assert len(scored | again) == COUNT


def test_activities_left_over_from_an_earlier_run_change_nothing(tmp_path: Path):
    scorer = Flaky({"f00002.txt"}, raises=False)
    app = App(tmp_path / "a", scorer)
    app.endpoint(mini_batch_size=2, error_threshold=0)
    app.invoke(app.inputs(COUNT), job="one")
    old: dict[str, Any] = {}

    def keeping(name: str) -> Any:
        def run(work: Any) -> Any:
            old.setdefault(name, work)
            return app.activities[name](work)

        return run

    names = ("score_mini_batch", "finish_job", "collect_chunk")
    assert app.run_jobs(**{name: keeping(name) for name in names}) == ["Failed"]
    app.call("POST", "jobs/one/resume")

    def haunted(work: Any) -> Any:
        scorer.is_broken = True
        late = app.activities["score_mini_batch"]({**old["score_mini_batch"], "index": 1})
        assert late["outcome"] == "stopped"
        app.activities["finish_job"](old["finish_job"])
        scorer.is_broken = False
        return app.activities["score_mini_batch"](work)

    assert app.run_jobs(score_mini_batch=haunted) == ["Completed"]
    assert app.get("azureml/one/score/predictions.csv") == undisturbed(tmp_path / "b")


def test_a_job_that_storage_failed_goes_on(tmp_path: Path):
    app = App(tmp_path / "a")
    app.endpoint(mini_batch_size=2)
    app.invoke(app.inputs(COUNT), job="one")

    def down(_: Any) -> Any:
        raise HandlerError("storage is down")

    assert app.run_jobs(collect_chunk=down) == ["Failed"]
    assert resume(app) == "Completed"
    assert app.get("azureml/one/score/predictions.csv") == undisturbed(tmp_path / "b")


@pytest.mark.parametrize("ended", [True, False])
def test_only_failed_and_canceled_jobs_are_resumed(app: App, *, ended: bool):
    app.endpoint()
    app.invoke(app.inputs(1), job="one")
    if ended:
        app.run_jobs()
    answer = app.call("POST", "jobs/one/resume")
    assert (answer.status, answer.error["code"]) == (409, "NotResumable")
    assert app.call("POST", "jobs/none/resume").status == 404
