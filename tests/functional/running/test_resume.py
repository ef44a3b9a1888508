"""Failed and canceled jobs go on, and give what an undisturbed run gives."""

import json
from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FailureCause, FileFailure, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
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
        if work["number"] == 7:
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

    names = ("score_mini_batch", "finish_job", "next_chunk")
    assert app.run_jobs(**{name: keeping(name) for name in names}) == ["Failed"]
    app.call("POST", "jobs/one/resume")

    def haunted(work: Any) -> Any:
        scorer.is_broken = True
        late = app.activities["score_mini_batch"]({**old["score_mini_batch"], "number": 1})
        assert late["outcome"] == "stopped"
        app.activities["finish_job"](old["finish_job"])
        assert app.activities["next_chunk"](old["next_chunk"])["kind"] == "end"
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

    assert app.run_jobs(next_chunk=down) == ["Failed"]
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


class Writer:
    """Writes a file for each input, whose content and number change when told to."""

    def __init__(self) -> None:
        self.suffix = "out"
        self.bad: set[str] = set()

    def __call__(self, request: ScoreRequest) -> ScoreResult:
        assert request.output_dir is not None
        failures: list[FileFailure] = []
        for file in request.files:
            if file.name in self.bad:
                failures.append(FileFailure(file.name, "bad"))
            else:
                path = request.output_dir / f"{file.name}.{self.suffix}"
                path.write_bytes(file.data)
        return ScoreResult(b"", len(request.files), None, tuple(failures), b"", 0)


def break_writes(app: App, after: int) -> None:
    """Lets storage fail after so many files were copied to the output."""
    write, count = app.blobs.write, 0

    def failing(container: str, name: str, data: bytes, **more: Any) -> None:
        nonlocal count
        if name.startswith("azureml/one/score/f"):
            count += 1
            if count > after:
                raise HandlerError("storage is down")
        write(container, name, data, **more)

    app.blobs.write = failing  # type: ignore[method-assign]


def folder(app: App) -> dict[str, bytes]:
    prefix = "azureml/one/score/"
    blobs = app.blobs.list_page("workspaceblobstore", prefix).blobs
    return {blob.name.removeprefix(prefix): app.get(blob.name) for blob in blobs}


def fail_for_good(app: App) -> None:
    """Ends the job as the watchdog does when finishing it failed for good."""
    job = app.services.jobs.repository.get("one").job
    app.services.running.recovery.give_up(job, "storage was down")


MARKER = "predictions.incomplete.json"
MANIFEST = "predictions.manifest.json"


@pytest.mark.parametrize("after", [0, 3])
def test_a_folder_that_was_partly_written_is_completed(tmp_path: Path, after: int):
    writer = Writer()
    whole = App(tmp_path / "b", writer)
    whole.endpoint(mini_batch_size=1, output_action="summary_only")
    whole.invoke(whole.inputs(5), job="one")
    assert whole.run_jobs() == ["Completed"]

    app = interrupted(tmp_path / "a", writer, after)
    partial = folder(app)
    assert MARKER in partial
    assert MANIFEST not in partial
    assert app.call("GET", "jobs/one/outputs").document["value"] == []
    assert resume(app) == "Completed"
    assert folder(app) == folder(whole)
    assert MARKER not in folder(app)


def interrupted(path: Path, writer: Writer, after: int) -> App:
    app = App(path, writer)
    app.endpoint(mini_batch_size=1, output_action="summary_only")
    app.invoke(app.inputs(5), job="one")
    write = app.blobs.write
    break_writes(app, after)
    with pytest.raises(Exception, match="storage is down"):
        app.run_jobs()
    app.blobs.write = write  # type: ignore[method-assign]
    fail_for_good(app)
    assert app.job("one")["status"] == "Failed"
    return app


def test_what_a_later_run_does_not_write_any_more_is_removed(tmp_path: Path):
    writer = Writer()
    writer.bad = {"f00001.txt"}
    app = interrupted(tmp_path, writer, 3)
    writer.bad, writer.suffix = set(), "new"
    assert resume(app) == "Completed"
    files = {name for name in folder(app) if name.startswith("f")}
    assert files == {f"f0000{number}.txt.out" for number in (0, 2, 3, 4)} | {"f00001.txt.new"}


def test_a_folder_to_which_others_have_added_is_not_completed(tmp_path: Path):
    app = interrupted(tmp_path, Writer(), 2)
    app.put("azureml/one/score/theirs", "x")
    answer = app.call("POST", "jobs/one/resume")
    assert (answer.status, answer.error["code"]) == (409, "OutputExists")
    assert app.get("azureml/one/score/theirs") == b"x"


def test_a_partly_written_folder_is_nobody_elses_to_write(tmp_path: Path):
    app = interrupted(tmp_path, Writer(), 2)
    place = {"path": "azureml/one/score"}
    answer = app.invoke(app.inputs(1), job="two", outputDataset=place)
    assert (answer.status, answer.error["code"]) == (409, "OutputExists")


def test_a_folder_that_fills_while_the_job_runs_is_left_alone(tmp_path: Path):
    app = App(tmp_path, Writer())
    app.endpoint(mini_batch_size=1, output_action="summary_only")
    app.invoke(app.inputs(2), job="one")

    def finish(work: Any) -> Any:
        app.put("azureml/one/score/theirs", "x")
        return app.activities["finish_job"](work)

    assert app.run_jobs(finish_job=finish) == ["Failed"]
    assert app.job("one")["error"]["code"] == "OutputExists"
    assert folder(app) == {"theirs": b"x"}


def test_an_output_whose_job_could_not_end_stays_as_it_was_written(tmp_path: Path):
    scorer = Flaky({"f00001.txt"}, raises=False)
    app = App(tmp_path, scorer)
    app.endpoint(mini_batch_size=1)
    app.invoke(app.inputs(3), job="one")
    write = app.blobs.write

    def failing(container: str, name: str, data: bytes, **more: Any) -> None:
        if name.endswith(".manifest.json"):
            raise HandlerError("storage is down")
        write(container, name, data, **more)

    app.blobs.write = failing  # type: ignore[method-assign]
    with pytest.raises(Exception, match="storage is down"):
        app.run_jobs()
    app.blobs.write = write  # type: ignore[method-assign]
    fail_for_good(app)
    before = app.get("azureml/one/score/predictions.csv")
    scorer.is_broken = False
    assert resume(app) == "Completed"
    assert app.get("azureml/one/score/predictions.csv") == before
    manifest = json.loads(app.get("azureml/one/score/predictions.manifest.json"))
    assert manifest["files"] == {"in": 3, "scored": 2, "failed": 1}
    assert manifest["rows"] == before.count(b"\n") - 1


def test_what_claims_or_gathers_a_chunk_late_changes_nothing(tmp_path: Path):
    name = "next_chunk"
    scorer = Flaky({"f00003.txt"}, raises=False)
    app = App(tmp_path, scorer)
    app.endpoint(mini_batch_size=2, error_threshold=0)
    app.invoke(app.inputs(8), job="one")
    assert app.run_jobs() == ["Failed"]
    scorer.is_broken = False
    works: list[Any] = []

    def keeping(work: Any) -> Any:
        works.append(work)
        return app.activities[name](work)

    def finish(work: Any) -> Any:
        for late in works:
            app.activities[name](late)
            app.activities[name]({**late, "run": 1})
        return app.activities["finish_job"](work)

    app.call("POST", "jobs/one/resume")
    assert app.run_jobs(**{name: keeping, "finish_job": finish}) == ["Completed"]
    assert app.job("one")["counts"]["files"] == {"total": 8, "scored": 8, "failed": 0}
