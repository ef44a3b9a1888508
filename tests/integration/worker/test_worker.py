"""The app on every supported Python, in the hands of the Functions host's own worker."""

import json
import os
import re
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.endpoints import provisioning_work
from shared.jobs import work
from tests.integration.worker.environments import (
    REPOSITORY,
    VERSIONS,
    environment,
    find_python,
)

pytestmark = pytest.mark.timeout(300)  # making an environment downloads its packages once
ACTIVITIES = {
    work.ADMIT_JOB,
    work.PREPARE_JOB,
    work.PLAN_PAGE,
    work.SCAN_PIECES,
    work.OPEN_PAGE,
    work.NEXT_CHUNK,
    work.SCORE_MINI_BATCH,
    work.STOP_JOB,
    work.FINISH_JOB,
    provisioning_work.BUILD_ENVIRONMENT,
    provisioning_work.FINISH_PROVISIONING,
}
Bindings = list[dict[str, Any]]


@pytest.fixture(scope="module", params=VERSIONS)
def indexed(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Result of the worker's indexing of the app on one Python."""
    if find_python(request.param) is None:
        pytest.skip(f"Python {request.param} is not installed")
    python = environment(request.param)
    script = Path(__file__).with_name("play_host.py")
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(python), str(script), str(REPOSITORY)],
        cwd=REPOSITORY,
        env={**kept, "AzureWebJobsStorage": "UseDevelopmentStorage=true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_app_is_indexed_on_this_python(indexed: dict[str, Any]) -> None:
    assert indexed["error"] is None
    assert indexed["count"] == len(indexed["functions"])


def test_every_function_has_one_typed_trigger(indexed: dict[str, Any]) -> None:
    kinds = Counter(trigger(bindings)["type"] for bindings in indexed["functions"].values())

    assert set(kinds) == {
        "httpTrigger",
        "timerTrigger",
        "orchestrationTrigger",
        "activityTrigger",
        "blobTrigger",
    }
    for bindings in indexed["functions"].values():
        assert all(binding["type"] and binding["direction"] for binding in bindings)


def test_the_inbox_is_told_of_blobs_without_their_content(indexed: dict[str, Any]) -> None:
    found = trigger(indexed["functions"]["inbox_arrival"])

    assert found["path"] == "inbox/{name}"
    assert found["source"] == "LogsAndContainerScan"
    assert found["properties"]["SupportsDeferredBinding"] is True


def test_orchestrators_and_activities_have_the_names_they_are_called_by(
    indexed: dict[str, Any],
) -> None:
    assert of_type(indexed, "activityTrigger") == ACTIVITIES
    assert of_type(indexed, "orchestrationTrigger") == {
        work.SCORE_JOB,
        work.PLAN_JOB,
        work.SCORE_LANES,
        work.SCORE_LANE,
        provisioning_work.PROVISION_DEPLOYMENT,
    }


def test_no_route_is_served_twice_and_none_asks_for_a_key(indexed: dict[str, Any]) -> None:
    triggers = [
        trigger(bindings)
        for bindings in indexed["functions"].values()
        if trigger(bindings)["type"] == "httpTrigger"
    ]

    served = Counter(
        (method, re.sub(r"\{\w+\}", "{}", item["route"]))
        for item in triggers
        for method in item["methods"]
    )
    assert [route for route, times in served.items() if times > 1] == []
    # Who may call, the app's own gate decides; a key would be a secret that proves nothing.
    assert {item["authLevel"] for item in triggers} == {"ANONYMOUS"}


def test_the_worker_calls_an_http_function(indexed: dict[str, Any]) -> None:
    assert indexed["health"]["status"] == "ok"


def test_the_worker_calls_an_orchestrator(indexed: dict[str, Any]) -> None:
    state = indexed["score_job"]
    assert not state["isDone"]
    assert state["actions"][0][0]["functionName"] == work.ADMIT_JOB


def trigger(bindings: Bindings) -> dict[str, Any]:
    (found,) = [binding for binding in bindings if binding["type"].endswith("Trigger")]
    return found


def of_type(indexed: dict[str, Any], kind: str) -> set[str]:
    functions = indexed["functions"].items()
    return {name for name, bindings in functions if trigger(bindings)["type"] == kind}
