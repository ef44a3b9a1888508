"""Canceling jobs, and what user code printed."""

from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import ScoreRequest
from tests.functional.harness import App, score_lines


def start(app: App, count: int) -> str:
    return app.invoke(app.inputs(count)).document["name"]


def test_cancel_stops_a_running_job(app: App):
    app.endpoint(mini_batch_size=1)
    job = start(app, 50)

    def canceling(work: Any) -> Any:
        if len(app.pool.requests) == 5:
            answer = app.call("POST", f"jobs/{job}/cancel")
            assert (answer.status, answer.document["status"]) == (202, "CancelRequested")
        return app.activities["score_mini_batch"](work)

    assert app.run_jobs(score_mini_batch=canceling) == ["Canceled"]
    assert app.job(job)["status"] == "Canceled"
    assert len(app.pool.requests) < 12
    assert app.call("GET", f"jobs/{job}/outputs").document["value"] == []


def test_cancel_leaves_a_finished_job_as_it_is(app: App):
    app.endpoint()
    job = start(app, 1)
    app.run_jobs()
    answer = app.call("POST", f"jobs/{job}/cancel")
    assert (answer.status, answer.document["status"]) == (202, "Completed")


def test_cancel_ends_a_run_under_way(tmp_path: Path):
    def score(_: ScoreRequest) -> ScoreResult:
        raise AssertionError("replaced below")

    app = App(tmp_path, score)
    app.endpoint()
    job = start(app, 1)

    class Waiting:
        def score(self, *_: object, canceled: Any, **__: object) -> ScoreResult:
            app.call("POST", f"jobs/{job}/cancel")
            assert canceled.wait(timeout=10)
            raise ScorerError(FailureCause.CANCELED, "canceled")

    app.pool.score = Waiting().score  # type: ignore[method-assign]
    assert app.run_jobs() == ["Canceled"]


def test_logs_tell_what_was_printed_in_each_attempt(tmp_path: Path):
    tries: list[str] = []

    def score(request: ScoreRequest) -> ScoreResult:
        tries.append(request.files[0].name)
        if len(tries) == 1:
            raise ScorerError(
                FailureCause.RAISED, "ValueError: no", traceback="line 3", log=b"trying\n"
            )
        result = score_lines(request)
        return ScoreResult(result.rows, result.row_count, result.columns, (), b"good\n", 0)

    app = App(tmp_path, score)
    app.endpoint()
    job = start(app, 1)
    app.run_jobs()
    logs = app.call("GET", f"jobs/{job}/logs").document["value"]
    assert [(item["mini_batch"], item["attempt"], item["text"]) for item in logs] == [
        (0, 1, "trying\nValueError: no\nline 3\n"),
        (0, 2, "good\n"),
    ]
    since = logs[-1]["written_at"].replace("+", "%2B")
    path = f"jobs/{job}/logs?since={logs[-1]['written_at']}"
    assert since
    assert app.call("GET", path).document["value"][-1]["text"] == "good\n"


@pytest.mark.parametrize("since", ["yesterday", "2026-01-01T00:00:00", "1"])
def test_since_must_be_a_time(app: App, since: str):
    app.endpoint()
    job = start(app, 1)
    answer = app.call("GET", f"jobs/{job}/logs?since={since}")
    assert (answer.status, answer.error["target"]) == (422, "since")


def test_files_that_scripts_write_are_the_output(tmp_path: Path):
    def score(request: ScoreRequest) -> ScoreResult:
        assert request.output_dir is not None
        name = request.files[0].name
        (request.output_dir / "sub").mkdir()
        (request.output_dir / "sub" / f"{name}.out").write_text(name)
        (request.output_dir / "same").write_text(name)
        return ScoreResult(b"", len(request.files), None, (), b"", 0)

    app = App(tmp_path, score)
    app.endpoint(mini_batch_size=2, output_action="summary_only")
    job = start(app, 5)
    assert app.run_jobs() == ["Completed"]
    files = app.call("GET", f"jobs/{job}/outputs").document["value"]
    assert {item["name"]: item["kind"] for item in files} == {
        "same": "output",
        "sub/f00000.txt.out": "output",
        "sub/f00002.txt.out": "output",
        "sub/f00004.txt.out": "output",
        "predictions.manifest.json": "manifest",
        "predictions.failed.jsonl": "failed_files",
    }
    assert app.get(f"azureml/{job}/score/same") == b"f00004.txt"
    assert app.job(job)["counts"]["files"]["scored"] == 5
    assert list(tmp_path.glob("output-*")) == []


def test_a_folder_with_files_is_no_output_for_scripts(app: App):
    app.endpoint(output_action="summary_only")
    app.put("mine/something", "x")
    answer = app.invoke(app.inputs(1), outputDataset={"path": "mine"})
    assert (answer.status, answer.error["code"]) == (409, "OutputExists")


def test_a_data_asset_is_an_input(app: App):
    app.endpoint()
    asset = {"name": "taxi", "version": "1", "path": app.inputs(3), "type": "uri_folder"}
    assert app.call("POST", "data", asset).status == 201
    for dataset in (
        {"dataInputType": "DataVersion", "datasetName": "taxi", "datasetVersion": "1"},
        {"dataInputType": "DatasetId", "datasetId": "azureml:taxi@latest"},
    ):
        answer = app.call("POST", "endpoints/taxi/jobs", {"properties": {"dataset": dataset}})
        assert answer.document["input"]["uri"] == asset["path"]
    body = {
        "properties": {"InputData": {"x": {"JobInputType": "UriFolder", "Uri": "azureml:no:1"}}}
    }
    missing = app.call("POST", "endpoints/taxi/jobs", body)
    assert missing.status == 404


def test_deployments_refer_to_registered_models(app: App):
    model = {"name": "m", "version": "3", "path": app.model()["path"], "type": "mlflow_model"}
    assert app.call("POST", "models", model).status == 201
    for reference in ("azureml:m:3", "azureml:m@latest"):
        name = f"taxi-{len(reference)}"
        document = {"name": name, "deployments": [{"name": "b", "model": reference}]}
        made = app.call("POST", "endpoints", document).document
        assert made["deployments"][0]["model"]["version"] == "3"
    document = {"name": "tax", "deployments": [{"name": "b", "model": "azureml:m:4"}]}
    answer = app.call("POST", "endpoints", document)
    assert (answer.status, answer.error["target"]) == (404, "deployments[0].model")
