"""Scoring scripts on the running stack: every kind of result, files as output, and failures."""

import pytest

from tests.e2e.conftest import CODE
from tests.e2e.service import DATASTORE, Service

ENDPOINT = """\
name: {name}
defaults: {{deployment_name: script}}
deployments:
  - name: script
    model: {{local_path: weights.txt}}
    code_configuration: {{code: {code}, scoring_script: every_result.py}}
    environment_variables: {{KIND: {kind}}}
    resources: {{instance_count: 1}}
    settings:
      mini_batch_size: 3
      max_concurrency_per_instance: 1
      retry_settings: {{max_retries: 1, timeout: 30}}
      output_action: {action}
"""
FILES = {f"f{number}.txt": "x" * number for number in range(5)}


def endpoint(service: Service, kind: str, action: str = "append_row") -> str:
    (service.home / "weights.txt").write_text("weights")
    name = f"kind-{kind}"
    file = service.home / f"{name}.yml"
    file.write_text(ENDPOINT.format(name=name, code=CODE, kind=kind, action=action))
    service.cli("endpoint", "create", "--file", file).json()
    return name


@pytest.mark.parametrize("kind", ["list", "tuple", "array", "series"])
def test_what_run_returns_is_appended_without_a_header(service: Service, kind: str) -> None:
    job = service.run(endpoint(service, kind), service.put("kinds", FILES))
    assert service.output(job) == b"0\n1\n2\n3\n4\n"
    logs = service.http.get(f"/jobs/{job['name']}/logs").json()["value"]
    assert "the model is ['weights.txt']" in logs[0]["text"]


def test_a_frame_has_a_header(service: Service) -> None:
    job = service.run(endpoint(service, "frame"), service.put("kinds", FILES))
    assert service.output(job).decode().splitlines()[:3] == ["name,size", "f0.txt,0", "f1.txt,1"]


def test_fewer_results_than_files_are_failed_files(service: Service) -> None:
    job = service.run(endpoint(service, "fewer"), service.put("kinds", FILES))
    assert job["counts"]["files"] == {"total": 5, "scored": 3, "failed": 2}
    assert service.output(job) == b"1\n2\n4\n"
    messages = [error["message"] for error in job["first_errors"]]
    assert messages == [
        "run() returned 2 results for 3 files",
        "run() returned 1 results for 2 files",
    ]


def test_files_that_the_script_writes_are_the_output(service: Service) -> None:
    name = endpoint(service, "files", "summary_only")
    job = service.run(name, service.put("kinds", FILES))
    told = service.cli("job", "download", "--name", job["name"], "--download-path", "written")
    assert told.code == 0
    written = {path.name: path.read_text() for path in (service.home / "written").iterdir()}
    assert written == {f"f{number}.txt.size": str(number) for number in range(5)}
    listed = service.http.get(f"/jobs/{job['name']}/outputs").json()["value"]
    assert "predictions.csv" not in [item["name"] for item in listed]


def test_a_run_that_raises_is_explained(service: Service) -> None:
    name = endpoint(service, "raise")
    job = service.ended(service.start(name, service.put("kinds", FILES), errorThreshold=0))
    assert job["status"] == "Failed"
    (first, *_) = job["first_errors"]
    # Which of the two mini-batches fails first is chance, and ends the job.
    assert (first["file"], first["files"]) in {("f0.txt", 3), ("f3.txt", 2)}
    assert first["attempts"] == 2
    assert "ValueError: these files are not liked" in first["message"]
    assert "every_result.py" in first["message"]
    assert "scoring/driver" not in first["message"]


def test_an_init_that_raises_ends_the_job(service: Service) -> None:
    job = service.ended(service.start(endpoint(service, "broken"), service.put("kinds", FILES)))
    assert (job["status"], job["error"]["code"]) == ("Failed", "ScorerInitFailed")
    assert "RuntimeError: there is no such model" in job["error"]["message"]
    assert "every_result.py" in job["error"]["message"]


def test_an_output_datastore_and_path(service: Service) -> None:
    name = endpoint(service, "paths")
    body = {"outputData": {"score": {"Uri": f"{DATASTORE}/elsewhere/mine.csv"}}}
    job = service.run(name, service.put("kinds", FILES), **body)
    assert job["output"]["uri"] == f"{DATASTORE}/elsewhere/mine.csv"
    assert service.blob(f"{DATASTORE}/elsewhere/mine.csv").count(b"\n") == 5
