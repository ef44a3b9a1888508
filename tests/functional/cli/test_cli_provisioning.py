"""Commands that make deployments wait until these are built, and show how that goes on."""

from pathlib import Path
from typing import Any

import pytest

LINES = ["building", "+ tiny==1.0", "ready"]
ENDPOINT = "{name: e, deployments: [{name: d, model: azureml:m:1}]}"
DEPLOYMENT = "{name: d, model: azureml:m:1}"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> None:
    (tmp_path / "endpoint.yml").write_text(ENDPOINT)
    (tmp_path / "deployment.yml").write_text(DEPLOYMENT)


def make_endpoint(service: Any) -> None:
    uri = f"{service.url}/api/endpoints/e/jobs"
    service.endpoints["e"] = {"name": "e", "deployments": [], "traffic": {}, "scoring_uri": uri}


def test_create_waits_and_shows_the_log(run: Any, run_json: Any, service: Any):
    service.builds = ("Succeeded", None, LINES)
    result = run("endpoint", "create", "--file", "endpoint.yml")
    assert '"provisioning_state": "Succeeded"' in result.stdout
    shown = [line.strip() for line in result.stderr.splitlines()]
    assert shown == ["Building the environment of the deployment 'd' ...", *LINES]


@pytest.mark.parametrize(
    "command",
    [
        ("endpoint", "create", "--file", "endpoint.yml"),
        ("deployment", "create", "--file", "deployment.yml", "-e", "e", "--set-default"),
        (
            "endpoint",
            "update",
            "-n",
            "e",
            "--deployment-file",
            "deployment.yml",
            "--traffic",
            "d:100",
        ),
    ],
    ids=["endpoint", "deployment", "update"],
)
def test_a_failure_is_told_and_no_traffic_is_moved(
    run: Any, service: Any, command: tuple[str, ...]
):
    if command[1] != "create" or command[0] == "deployment":
        make_endpoint(service)
    service.builds = ("Failed", "there is no version of tiny==9", LINES)
    result = run(*command, code=1)
    reason = "ERROR: the deployment 'd' of 'e' has failed: there is no version of tiny==9"
    assert result.stderr.splitlines()[-2:] == ["  ready", reason]
    assert not [item for item in service.requests if item.method == "PATCH"]


def test_update_waits_too(run: Any, service: Any):
    make_endpoint(service)
    service.endpoints["e"]["deployments"] = [{"name": "d"}]
    service.builds = ("Failed", "no", LINES)
    told = run("deployment", "update", "-e", "e", "-n", "d", "--set", "mini_batch_size=3", code=1)
    assert "has failed: no" in told.stderr


def test_no_wait_does_not(run_json: Any, service: Any):
    service.builds = ("Succeeded", None, LINES)
    made = run_json("endpoint", "create", "--file", "endpoint.yml", "--no-wait")
    assert made["deployments"][0]["provisioning_state"] == "Creating"
    assert service.looks == 0


def test_the_log_can_be_had_later(run: Any, run_json: Any, service: Any):
    make_endpoint(service)
    service.endpoints["e"]["deployments"] = [{"name": "d"}]
    nothing = run("deployment", "build-log", "-e", "e", "-n", "d")
    assert (nothing.stdout, "nothing was built for 'd'" in nothing.stderr) == ("", True)
    service.builds, service.looks = ("Succeeded", None, LINES), 3
    names = ("deployment", "build-log", "-e", "e", "-n", "d")
    assert run(*names).stdout.splitlines() == LINES
    assert run(*names, "--lines", "1").stdout == "ready\n"
    assert run_json(*names, "-l", "2", "-o", "json")["text"] == "+ tiny==1.0\nready"
