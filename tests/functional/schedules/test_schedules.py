"""Schedules over HTTP, and the timer that starts their jobs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.errors import StorageError
from shared.principal import Role
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.ports import Entity
from tests.functional.harness import Answer, App
from tests.tokens import token_of

PLACE = "endpoints/taxi/schedules/nightly"
HOUR = timedelta(hours=1)
TIME = "${{creation_context.trigger_time}}"


@pytest.fixture
def uri(app: App) -> str:
    """Some input, and an endpoint to score it; the clock stands at half past eleven."""
    assert app.endpoint().status == 201
    app.now = datetime(2026, 1, 1, 11, 30, tzinfo=UTC)
    return app.inputs(3)


class Interrupted(MemoryTableStore):
    """Somebody else does something once, right after the next job has been made."""

    meanwhile: Callable[[], object] | None = None

    def insert(self, table: str, entity: Entity) -> Entity:
        stored = super().insert(table, entity)
        if table == "jobs" and self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            meanwhile()
        return stored


def body(uri: str, expression: str = "0 * * * *", /, **more: Any) -> dict[str, Any]:
    """An hourly schedule of jobs that write into folders of their own."""
    dataset = {"dataInputType": "DataUrl", "path": uri}
    properties = {"dataset": dataset, **more.pop("properties", {})}
    trigger = {"expression": expression, **more.pop("trigger", {})}
    return {"trigger": trigger, "create_job": {"properties": properties}, **more}


def put(app: App, document: dict[str, Any], place: str = PLACE) -> Answer:
    return app.call("PUT", place, document)


def show(app: App) -> dict[str, Any]:
    return app.call("GET", PLACE).document


def tick(app: App, **time: float) -> list[str]:
    """Lets time go by and the timer come; returns the names of the jobs that it started."""
    app.later(**time)
    before = len(app.client.started)
    app.tick_schedules()
    return [instance for _, instance, _ in app.client.started[before:]]


def outcomes(app: App) -> list[str]:
    return [run["outcome"] for run in show(app)["runs"]]


def test_creates_shows_lists_and_deletes(app: App, uri: str):
    created = put(app, body(uri, tags={"team": "risk"}, display_name="Each hour"))
    assert created.status == 201, created.document
    assert created.headers["Location"].endswith(f"/api/{PLACE}")
    document = created.document
    assert document["trigger"] == {
        "type": "cron",
        "expression": "0 * * * *",
        "time_zone": "UTC",
        "start_time": None,
        "end_time": None,
    }
    assert (document["missed"], document["is_paused"]) == ("once", False)
    assert document["next_due"] == "2026-01-01T12:00:00+00:00"
    assert (document["last_job"], document["runs"]) == (None, [])
    assert show(app) == document
    assert put(app, body(uri), "endpoints/TAXI/schedules/another").status == 201
    first = app.call("GET", "endpoints/taxi/schedules?top=1").document
    assert [item["name"] for item in first["value"]] == ["another"]
    second = app.call("GET", first["nextLink"].partition("/api/")[2]).document
    assert ([item["name"] for item in second["value"]], second["nextLink"]) == (["nightly"], None)
    assert app.call("DELETE", PLACE).status == 204
    for method in ("GET", "DELETE"):
        answer = app.call(method, PLACE)
        assert (answer.status, answer.error["code"]) == (404, "ScheduleNotFound")


def test_each_job_scores_what_is_new_since_the_last_one(app: App, uri: str):
    put(app, body(uri, properties={"incremental": True}))
    skipped: list[tuple[int, int]] = []
    for number in range(3):
        (name,) = tick(app, minutes=60)
        assert app.run_jobs() == ["Completed"]
        files = app.job(name)["counts"]["files"]
        skipped.append((files["scored"], files["skipped"]))
        app.put(f"in/later-{number}.txt", "x\n")
    assert skipped == [(3, 0), (1, 3), (1, 4)]


def test_the_timer_starts_one_job_for_each_time(app: App, uri: str):
    put(app, body(uri))
    assert tick(app) == []
    (first,) = tick(app, minutes=30)
    assert tick(app) == []
    assert tick(app, minutes=1) == []
    document = show(app)
    assert document["last_job"] == {"name": first, "status": "NotStarted"}
    assert document["next_due"] == "2026-01-01T13:00:00+00:00"
    assert app.run_jobs() == ["Completed"]
    assert show(app)["last_job"]["status"] == "Completed"
    (second,) = tick(app, minutes=60)
    assert app.run_jobs() == ["Completed"]
    outputs = {app.job(name)["output"]["uri"] for name in (first, second)}
    assert len(outputs) == 2
    (latest, earlier) = show(app)["runs"]
    assert (latest["job"], earlier["job"]) == (second, first)
    assert (latest["due_at"], latest["count"]) == ("2026-01-01T13:00:00+00:00", 1)


def test_the_time_is_written_into_paths_and_names(app: App, uri: str):
    output = {"datastoreId": "workspaceblobstore", "path": f"out/{TIME}"}
    name = "${{creation_context.trigger_time:%Y-%m-%d}}.csv"
    zone = {"time_zone": "Asia/Tokyo"}
    more = {"outputDataset": output, "outputFileName": name}
    assert put(app, body(uri, trigger=zone, properties=more)).status == 201
    (job,) = tick(app, minutes=30)
    assert app.job(job)["output"]["path"] == "out/20260101T120000Z"
    assert app.job(job)["output"]["file_name"] == "2026-01-01.csv"
    assert show(app)["create_job"]["properties"]["outputFileName"] == name
    assert app.run_jobs() == ["Completed"]
    assert app.get("out/20260101T120000Z/2026-01-01.csv")


def test_input_of_the_day_need_not_be_there_yet(app: App, uri: str):
    day = "azureml://datastores/workspaceblobstore/paths/d/${{creation_context.trigger_time:%H}}"
    assert put(app, body(day)).status == 201
    assert tick(app, minutes=30) == []
    (run,) = show(app)["runs"]
    assert run["outcome"] == "Failed"
    assert "paths/d/12' does not exist" in run["message"]
    app.inputs(2, "d/13")
    (job,) = tick(app, minutes=60)
    assert app.job(job)["input"]["uri"].endswith("d/13")


def test_overrides_and_deployment_hold_for_each_job(app: App, uri: str):
    app.call("POST", "endpoints/taxi/deployments", {"name": "green", "model": app.model()})
    more = {"miniBatchSize": 7, "retrySettings": {"maxRetries": 1}}
    put(app, body(uri, deployment_name="green", properties=more))
    (name,) = tick(app, minutes=30)
    job = app.job(name)
    assert (job["deployment"], job["settings"]["mini_batch_size"]) == ("green", 7)


def test_a_pause_while_a_job_is_made_loses_neither(tmp_path: Path):
    tables = Interrupted()
    app = App(tmp_path, tables=tables)
    assert app.endpoint().status == 201
    put(app, body(app.inputs(1)))
    tables.meanwhile = lambda: app.call("POST", f"{PLACE}/pause")
    (job,) = tick(app, minutes=60)
    shown = show(app)
    assert shown["is_paused"]
    assert [(run["outcome"], run["job"]) for run in shown["runs"]] == [("Started", job)]


def test_a_job_that_has_not_ended_keeps_the_next_one_from_starting(app: App, uri: str):
    put(app, body(uri))
    (first,) = tick(app, minutes=30)
    assert tick(app, minutes=60) == []
    run = show(app)["runs"][0]
    assert (run["outcome"], run["job"]) == ("Skipped", None)
    assert f"the job '{first}', which this schedule started, has not ended" in run["message"]
    assert show(app)["last_job"]["name"] == first
    assert app.run_jobs() == ["Completed"]
    assert len(tick(app, minutes=60)) == 1
    assert outcomes(app) == ["Started", "Skipped", "Started"]


def test_an_earlier_job_that_was_resumed_counts_too(app: App, uri: str):
    put(app, body(uri))
    (first,) = tick(app, minutes=30)
    app.call("POST", f"jobs/{first}/cancel")
    app.run_jobs()
    (second,) = tick(app, minutes=60)
    assert app.run_jobs() == ["Completed"]
    assert app.call("POST", f"jobs/{first}/resume").status == 202
    assert tick(app, minutes=60) == []
    assert f"'{first}'" in show(app)["runs"][0]["message"]
    assert show(app)["last_job"]["name"] == second


@pytest.mark.parametrize(
    ("missed", "found"), [("once", ["Started", "Missed"]), ("skip", ["Missed"])]
)
def test_missed_times(app: App, uri: str, missed: str, found: list[str]):
    put(app, body(uri, missed=missed))
    started = tick(app, hours=5)
    assert outcomes(app) == found
    assert len(started) == (missed == "once")
    run = show(app)["runs"][-1]
    assert (run["due_at"], run["count"]) == ("2026-01-01T12:00:00+00:00", 4 + (missed == "skip"))
    assert show(app)["next_due"] == "2026-01-01T17:00:00+00:00"


def test_pausing_and_resuming(app: App, uri: str):
    put(app, body(uri))
    paused = app.call("POST", f"{PLACE}/pause").document
    assert (paused["is_paused"], paused["next_due"]) == (True, None)
    assert app.call("POST", f"{PLACE}/pause").document == paused
    assert tick(app, hours=3) == []
    resumed = app.call("POST", f"{PLACE}/resume").document
    assert (resumed["is_paused"], resumed["next_due"]) == (False, "2026-01-01T15:00:00+00:00")
    assert app.call("POST", f"{PLACE}/resume").document == resumed
    assert (tick(app), outcomes(app)) == ([], [])
    assert len(tick(app, minutes=30)) == 1


def test_a_change_keeps_what_has_happened(app: App, uri: str):
    made = put(app, body(uri)).document
    (job,) = tick(app, minutes=30)
    app.run_jobs()
    changed = put(app, body(uri, "30 * * * *", description="later"))
    assert changed.status == 200
    document = changed.document
    assert (document["last_job"]["name"], document["created_at"]) == (job, made["created_at"])
    assert document["next_due"] == "2026-01-01T12:30:00+00:00"
    app.later(minutes=45)
    # A time that has come is not lost by a change of something else.
    assert put(app, body(uri, "30 * * * *")).document["next_due"] == "2026-01-01T12:30:00+00:00"
    assert len(tick(app)) == 1


def test_a_paused_schedule_stays_paused_when_it_is_changed(app: App, uri: str):
    put(app, body(uri))
    app.call("POST", f"{PLACE}/pause")
    assert put(app, body(uri, "30 * * * *")).document["is_paused"]
    assert tick(app, hours=2) == []


def test_nothing_is_due_after_the_end(app: App, uri: str):
    put(app, body(uri, trigger={"end_time": "2026-01-01T12:00:00"}))
    assert len(tick(app, minutes=30)) == 1
    assert show(app)["next_due"] is None
    app.run_jobs()
    assert tick(app, hours=2) == []


def test_a_time_whose_job_was_made_before_a_crash_makes_no_second_one(app: App, uri: str):
    put(app, body(uri))
    app.later(minutes=30)
    made = next(app.services.schedules.scheduler.run_due())
    # The process dies before the orchestration is started; the watchdog sees to that.
    assert tick(app, hours=1) == []
    assert [run["job"] for run in show(app)["runs"]][-1] == made.name
    assert outcomes(app) == ["Skipped", "Started"]
    app.watch()
    assert [instance for _, instance, _ in app.client.started] == [made.name]


def crash_once(app: App, monkeypatch: pytest.MonkeyPatch, what: str, *, after: bool) -> None:
    """Makes one call of a table's method fail for good, before or after it is carried out."""
    real = getattr(app.tables, what)
    state = {"is_armed": True}

    def call(table: str, *rest: Any, **more: Any) -> Any:
        wanted = table == ("schedules" if what == "replace" else "jobs") and state["is_armed"]
        if not wanted:
            return real(table, *rest, **more)
        state["is_armed"] = False
        if after:
            real(table, *rest, **more)
        raise StorageError("gone")

    monkeypatch.setattr(app.tables, what, call)


@pytest.mark.parametrize("what", ["insert", "replace"])
@pytest.mark.parametrize("after", [False, True])
def test_what_was_cut_off_is_gone_on_with(
    app: App, uri: str, monkeypatch: pytest.MonkeyPatch, what: str, after: bool
):
    put(app, body(uri))
    crash_once(app, monkeypatch, what, after=after)
    names = tick(app, minutes=30) + tick(app, minutes=1)
    jobs = app.call("GET", "endpoints/taxi/jobs").document["value"]
    assert len(jobs) == 1
    assert names == [jobs[0]["name"]]
    assert outcomes(app) == ["Started"]


def test_the_end_of_a_run_that_was_not_recorded(
    app: App, uri: str, monkeypatch: pytest.MonkeyPatch
):
    put(app, body(uri))
    real, calls = app.tables.replace, []

    def second_fails(table: str, entity: Any) -> Any:
        calls.append(table)
        if calls.count("schedules") == 2:
            raise StorageError("gone")
        return real(table, entity)

    monkeypatch.setattr(app.tables, "replace", second_fails)
    assert tick(app, minutes=30) == []
    assert show(app)["next_due"] == "2026-01-01T12:00:00+00:00"
    assert tick(app, minutes=1) == []
    assert outcomes(app) == ["Started"]
    (job,) = app.call("GET", "endpoints/taxi/jobs").document["value"]
    assert show(app)["last_job"]["name"] == job["name"]
    app.watch()
    assert [instance for _, instance, _ in app.client.started] == [job["name"]]


def test_what_cannot_be_started_for_an_hour_is_given_up(
    app: App, uri: str, monkeypatch: pytest.MonkeyPatch
):
    put(app, body(uri))

    def broken(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(app.services.running.invocations, "invoke", broken)
    assert tick(app, minutes=30) == []
    assert outcomes(app) == []
    assert tick(app, minutes=61) == []
    assert outcomes(app) == ["Failed"]
    assert "could not be started for 1:00:00" in show(app)["runs"][0]["message"]


def test_one_broken_schedule_does_not_hold_up_the_others(
    app: App, uri: str, monkeypatch: pytest.MonkeyPatch
):
    put(app, body(uri, deployment_name="blue"), "endpoints/taxi/schedules/a")
    put(app, body(uri))
    real = app.services.running.invocations.invoke

    def picky(request: Any) -> Any:
        if request.deployment:
            raise RuntimeError("broken")
        return real(request)

    monkeypatch.setattr(app.services.running.invocations, "invoke", picky)
    assert len(tick(app, minutes=30)) == 1
    assert outcomes(app) == ["Started"]


def test_deleting_an_endpoint_deletes_its_schedules(app: App, uri: str):
    put(app, body(uri))
    assert app.call("DELETE", "endpoints/taxi").status == 204
    assert app.call("GET", PLACE).error["code"] == "EndpointNotFound"
    app.endpoint()
    assert app.call("GET", PLACE).error["code"] == "ScheduleNotFound"
    assert tick(app, hours=2) == []


def test_a_schedule_of_a_deleted_endpoint_is_not_the_next_ones(app: App, uri: str):
    """State after a process died between deleting the endpoint and deleting its schedules."""
    put(app, body(uri))
    endpoints = app.services.endpoints.service
    endpoints._dependants = ()
    assert app.call("DELETE", "endpoints/taxi").status == 204
    app.endpoint()
    assert app.call("GET", PLACE).error["code"] == "ScheduleNotFound"
    assert app.call("GET", "endpoints/taxi/schedules").document["value"] == []
    assert tick(app, hours=2) == []
    assert put(app, body(uri)).status == 201
    assert show(app)["runs"] == []


def test_what_a_schedule_uses_is_not_deleted(app: App, uri: str):
    app.call("POST", "datastores", {"name": "raw", "type": "azure_blob", "container_name": "raw"})
    app.blobs.write("raw", "in/a", b"x")
    put(app, body("azureml://datastores/raw/paths/in"))
    answer = app.call("DELETE", "datastores/raw")
    assert (answer.status, answer.error["code"]) == (409, "InUse")
    assert "the schedule 'nightly' of the endpoint 'taxi'" in answer.error["message"]
    app.call("DELETE", PLACE)
    assert app.call("DELETE", "datastores/raw").status == 204


def reading(path: str) -> dict[str, Any]:
    return {"properties": {"dataset": {"dataInputType": "DataUrl", "path": path}}}


def writing(path: str) -> dict[str, Any]:
    return {"properties": {"outputDataset": {"path": path}}}


PATHS = "azureml://datastores/workspaceblobstore/paths"
AT = "create_job.properties"


@pytest.mark.parametrize(
    ("change", "status", "target", "reason"),
    [
        ({"trigger": {"expression": "0 25 * * *"}}, 422, "trigger.expression", "out of range"),
        ({"trigger": {"time_zone": "Europe/Berlim"}}, 422, "trigger.time_zone", "Europe/Berlin"),
        ({"trigger": {"end_time": "2020-01-01"}}, 422, "trigger.end_time", "passed"),
        ({"deployment_name": "green"}, 404, None, "no deployment 'green'"),
        ({"properties": {"miniBatchSize": 0}}, 422, f"{AT}.minibatchsize", "least 1"),
        ({"properties": {"miniBatchSiz": 1}}, 422, f"{AT}.minibatchsiz", "unknown key"),
        ({"properties": {"outputFileName": "${{x}}"}}, 422, f"{AT}.outputFileName", "unknown"),
        (reading(f"{PATHS}/nothing"), 404, f"{AT}.dataset.path", "holds no files"),
        (reading("./local"), 422, f"{AT}.dataset.path", "neither a web address"),
        (reading(f"azureml://datastores/no/paths/{TIME}"), 404, None, "datastore 'no'"),
        (writing("out"), 422, "create_job", "every job would write"),
        (writing(f"LocalUpload/{TIME}"), 422, f"{AT}.outputdataset.path", "uploads"),
    ],
)
def test_refuses_what_no_job_could_be_made_of(
    app: App, uri: str, change: dict[str, Any], status: int, target: str | None, reason: str
):
    answer = put(app, body(uri, **change))
    assert (answer.status, answer.error["target"]) == (status, target), answer.document
    assert reason in answer.error["message"]
    assert app.call("GET", "endpoints/taxi/schedules").document["value"] == []


def test_refuses_an_endpoint_that_could_not_score(app: App, uri: str):
    app.call("PATCH", "endpoints/taxi", {"traffic": {"blue": 0}})
    assert put(app, body(uri)).error["code"] == "NoActiveDeployment"
    assert put(app, body(uri), "endpoints/none/schedules/a").error["code"] == "EndpointNotFound"


def test_a_run_that_is_refused_says_why_and_the_next_one_is_tried(app: App, uri: str):
    put(app, body(uri))
    app.call("PATCH", "endpoints/taxi", {"traffic": {"blue": 0}})
    assert tick(app, minutes=30) == []
    assert "no deployment of the endpoint" in show(app)["runs"][0]["message"]
    app.call("PATCH", "endpoints/taxi", {"traffic": {"blue": 100}})
    assert len(tick(app, minutes=60)) == 1


def test_a_very_long_document_is_too_large(app: App, uri: str):
    answer = put(
        app, body(uri, description="x" * 4000, tags={f"t{n}": "y" * 1000 for n in range(40)})
    )
    assert answer.status == 413


def test_the_jobs_of_a_schedule_are_its_makers(app: App, uri: str):
    app.token = token_of(Role.CONTRIBUTOR, "user-7")
    maker = put(app, body(uri)).document["created_by"]
    assert maker["id"] == "user-7"
    app.token = token_of(Role.CONTRIBUTOR, "user-8")
    assert put(app, body(uri, description="changed")).document["created_by"] == maker
    (job,) = tick(app, minutes=30)
    assert app.job(job)["created_by"] == maker
    app.token = token_of(Role.INVOKER, "user-7")
    assert app.call("POST", f"jobs/{job}/cancel").status == 202


def test_an_idempotency_key_of_a_users_own_is_never_a_schedules(app: App, uri: str):
    put(app, body(uri))
    (first,) = tick(app, minutes=30)
    key = app.services.jobs.repository.get(first).job.idempotency_key
    app.token = token_of(Role.CONTRIBUTOR, "user-9")
    request = {"properties": {"dataset": {"dataInputType": "DataUrl", "path": uri}}}
    other = app.call("POST", "endpoints/taxi/jobs", request, Idempotency_Key=key)
    assert other.document["name"] != first


def test_what_signs_an_address_is_not_shown(app: App, uri: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(app.services.inputs.reader, "check", lambda _: None)
    signed = "https://host/in/a.csv?sv=2026&sig=secret"
    answer = put(app, body(signed))
    assert answer.status == 201
    path = answer.document["create_job"]["properties"]["dataset"]["path"]
    assert path == "https://host/in/a.csv?sv=***&sig=***"
    (job,) = tick(app, minutes=30)
    made = app.services.jobs.repository.get(job).job
    assert made.input_uri == "https://host/in/a.csv?sv=***&sig=***"
    assert app.services.inputs.reader.signatures.uri_of(made) == signed
