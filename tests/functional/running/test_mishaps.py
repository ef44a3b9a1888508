"""Storage that loses requests and answers, activities that run twice, hosts that die anywhere."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FileFailure, ScoreResult
from scoring.process.spec import ScoreRequest
from shared.jobs.work import first_job_work
from tests.flaky import Mishap, Plan, each_first
from tests.functional.harness import App, score_lines

COUNT = 11
BAD = "f00004.txt"


def score(request: ScoreRequest) -> ScoreResult:
    """Scores what it can, and fails one file."""
    good = tuple(file for file in request.files if file.name != BAD)
    result = score_lines(ScoreRequest(good, request.output_action, request.timeout, None))
    failures = tuple(FileFailure(file.name, "bad") for file in request.files if file.name == BAD)
    return ScoreResult(result.rows, result.row_count, result.columns, failures, b"log", 0)


def at_random(seed: int) -> Plan:
    draw = random.Random(seed)
    wrong = [Mishap.REFUSED, Mishap.FAILED, Mishap.LOST]

    def plan(_: str) -> Mishap:
        return draw.choice(wrong) if draw.random() < 0.2 else Mishap.NONE

    return plan


def everything(app: App) -> dict[str, Any]:
    """Does what users do with an endpoint; gives all that they saw of it, without times and ids."""
    seen: dict[str, Any] = {}

    def call(method: str, path: str, body: object = None, **headers: str) -> Any:
        answer = app.call(method, path, body, **headers)
        seen[f"{method} {path} {len(seen)}"] = answer.status
        return answer.document

    call("POST", "computes", {"name": "cpu", "type": "AmlCompute", "max_instances": 2})
    call("POST", "datastores", {"name": "ds", "container_name": "other"})
    uri = app.inputs(COUNT)
    data = {"name": "taxi-data", "path": uri, "type": "uri_folder"}
    seen["version"] = [call("POST", "data", data)["version"], call("POST", "data", data)["version"]]
    made = app.endpoint(mini_batch_size=2, error_threshold=0, compute="azureml:cpu")
    seen["endpoint"] = made.status
    deployment = {"name": "green", "model": app.model()}
    call("POST", "endpoints/taxi/deployments", deployment)
    call("PATCH", "endpoints/taxi/deployments/green", {"mini_batch_size": 3})
    etag = app.call("GET", "endpoints/taxi").headers["ETag"]
    call("PATCH", "endpoints/taxi", {"tags": {"a": "b"}}, If_Match=etag)
    seen["stale"] = app.call("PATCH", "endpoints/taxi", {"tags": {}}, If_Match=etag).status
    call("DELETE", "endpoints/taxi/deployments/green")
    invocation = {
        "name": "one",
        "properties": {"dataset": {"dataInputType": "DataUrl", "path": uri}},
    }
    for _ in range(2):
        call("POST", "endpoints/taxi/jobs", invocation, Idempotency_Key="key")
    call("POST", "endpoints/taxi/jobs", invocation, Idempotency_Key="other")
    seen["first"] = app.run_jobs()
    call("POST", "jobs/one/resume")
    call("POST", "jobs/one/cancel")
    seen["second"] = app.run_jobs()
    call("POST", "jobs/one/resume")
    seen["third"] = app.run_jobs()
    invocation["properties"]["errorThreshold"] = 1
    call("POST", "endpoints/taxi/jobs", {**invocation, "name": "two"})
    seen["fourth"] = app.run_jobs()
    seen["jobs"] = [result(app, name) for name in ("one", "two")]
    call("DELETE", "data/taxi-data/versions/1")
    call("DELETE", "endpoints/taxi")
    call("GET", "endpoints/taxi")
    call("DELETE", "computes/cpu")
    call("DELETE", "datastores/ds")
    seen["claims"] = [entity.row for entity in app.tables.query("jobs", claims())]
    return seen


def claims() -> Any:
    from shared.storage.ports import Query  # noqa: PLC0415

    return Query(partition="claim")


def result(app: App, name: str) -> dict[str, Any]:
    """Result of a job, without times."""
    shown = app.job(name)
    found = {key: shown[key] for key in ("status", "counts", "error")}
    if shown["status"] == "Completed":
        folder = f"azureml/{name}/score/predictions"
        found["output"] = app.get(f"{folder}.csv")
        found["failed"] = app.get(f"{folder}.failed.jsonl")
        found["files"] = json.loads(app.get(f"{folder}.manifest.json"))["files"]
    return found


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    seen = everything(App(tmp_path_factory.mktemp("calm"), score))
    assert [seen["first"], seen["second"], seen["third"], seen["fourth"]] == [
        ["Failed"],
        ["Canceled"],
        ["Failed"],
        ["Completed"],
    ]
    assert seen["jobs"][1]["files"] == {"in": COUNT, "scored": COUNT - 1, "failed": 1}
    assert seen["stale"] == 412
    assert seen["claims"] == []
    return seen


PLANS: dict[str, Callable[[], Plan]] = {
    **{mishap.value: lambda mishap=mishap: each_first(mishap) for mishap in list(Mishap)[1:]},
    **{f"seed-{seed}": lambda seed=seed: at_random(seed) for seed in range(5)},
}


@pytest.mark.parametrize("plan", PLANS)
def test_mishaps_of_storage_change_nothing_that_users_see(
    tmp_path: Path, calm: dict[str, Any], plan: str
):
    assert everything(App(tmp_path, score, mishaps=PLANS[plan]())) == calm


def test_activities_that_run_twice_change_nothing(tmp_path: Path, calm: dict[str, Any]):
    app = App(tmp_path, score)

    def twice(name: str) -> Callable[[Any], Any]:
        once = app.activities[name]

        def run(work: Any) -> Any:
            once(work)
            return once(work)

        return run

    app.activities = {name: twice(name) for name in app.activities}
    assert everything(app) == calm


class HostDiedError(BaseException):
    """Nothing of the app sees the end coming."""


@pytest.mark.parametrize("mishap", [Mishap.FAILED, Mishap.LOST], ids=str)
@pytest.mark.parametrize("threshold", [0, 1])
def test_a_host_may_die_at_any_request_to_storage(tmp_path: Path, mishap: Mishap, threshold: int):
    undisturbed, _ = run_dying(tmp_path / "calm", mishap, 10**6, threshold)
    expected = result(undisturbed, "one")
    assert expected["status"] == ("Completed" if threshold else "Failed")
    for at in range(1000):
        app, died = run_dying(tmp_path / f"{at}", mishap, at, threshold)
        if not died:
            break
        assert result(app, "one") == expected, f"it died at the request {at}"
    assert at > 30


def run_dying(folder: Path, mishap: Mishap, at: int, threshold: int) -> tuple[App, bool]:
    """Runs a job on a host that dies at one request, and again on the next host."""
    turn = {"left": -1}

    def plan(_: str) -> Mishap:
        turn["left"] -= 1
        return mishap if turn["left"] == -1 else Mishap.NONE

    app = App(folder, score, mishaps=plan, mishap_error=HostDiedError)
    app.endpoint(mini_batch_size=2, error_threshold=threshold)
    app.invoke(app.inputs(5), job="one")
    turn["left"] = at
    try:
        app.run_jobs()
    except HostDiedError:
        turn["left"] = 10**6
        job = app.services.jobs.repository.get("one").job
        if not job.status.is_final:
            app.run_work(first_job_work(job, resume=True))
        return app, True
    return app, False
