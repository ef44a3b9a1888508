"""The watchdog: jobs whose orchestration is gone, has failed or is stuck come to their end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from scoring.process.result import FailureCause, ScorerError, ScoreResult
from shared.jobs.model import JobStatus, Stop, StopReason
from tests.durable_sdk import HandlerError
from tests.functional.harness import App

A_MINUTE = timedelta(minutes=1)
OUTPUT = "azureml/one/score/predictions.csv"


def start(app: App, count: int = 4, **settings: Any) -> dict[str, Any]:
    """Starts a job, and gives what its orchestration was started with."""
    app.endpoint(mini_batch_size=1, **settings)
    app.invoke(app.inputs(count), job="one")
    ((_, _, work),) = app.client.started
    app.client.started.clear()
    return work


def expected(count: int = 4) -> bytes:
    rows = "".join(
        f"f{number:05d}.txt,{row},1\n" for number in range(count) for row in range(number % 3 + 1)
    )
    return f"file,row,prediction\n{rows}".encode()


def instances(app: App) -> list[str]:
    return [instance for _, instance, _ in app.client.started]


def watch_for(app: App, minutes: int) -> None:
    """Lets time go by in which the watchdog looks as it should."""
    for _ in range(minutes):
        app.later(minutes=1)
        app.watch()


def test_a_start_that_was_lost_is_made_up_for(app: App):
    start(app)
    app.watch()
    assert instances(app) == []
    app.later(seconds=31)
    app.watch()
    assert instances(app) == ["one"]
    assert app.run_jobs() == ["Completed"]
    assert app.get(OUTPUT) == expected()
    app.watch()
    assert instances(app) == []


def test_only_what_is_really_not_found_is_missing(app: App):
    start(app)
    app.later(seconds=31)
    app.client.is_down = True
    app.client.statuses["one"] = "Running"
    app.watch()
    assert instances(app) == []
    app.client.is_down = False
    app.watch()
    assert instances(app) == []


def test_a_status_that_could_not_be_had_once_is_not_taken_for_missing(app: App):
    start(app)
    app.later(seconds=31)
    app.client.statuses["one"] = "Running"

    async def without_one(_: str) -> Any:
        return type("Status", (), {"runtime_status": None})()

    app.client.get_status = without_one  # type: ignore[method-assign]
    app.watch()
    assert instances(app) == []


def test_a_resumed_job_gets_the_grace_of_a_new_one(app: App):
    work = start(app)

    def down(_: Any) -> Any:
        raise HandlerError("down")

    assert app.run_work(work, next_chunk=down) == "Failed"
    app.later(days=1)
    app.call("POST", "jobs/one/resume")
    assert instances(app) == ["one.2"]
    app.watch()
    assert instances(app) == ["one.2"]
    app.later(seconds=31)
    app.watch()
    assert instances(app) == ["one.2", "one.2"]


def test_an_orchestration_that_failed_ends_its_job(app: App):
    start(app)
    app.later(seconds=31)
    app.client.statuses["one"] = "Failed"
    app.watch()
    shown = app.job("one")
    assert (shown["status"], shown["error"]["code"]) == ("Failed", "ExecutionFailed")
    assert "the reason" in shown["error"]["message"]


def test_an_orchestration_that_ended_without_its_job_is_started_again(app: App):
    start(app)
    app.later(seconds=31)
    app.client.statuses["one"] = "Completed"
    app.watch()
    assert instances(app) == ["one"]
    assert app.run_jobs() == ["Completed"]


@pytest.mark.parametrize("status", ["Suspended", "Running", "Pending"])
def test_only_a_running_orchestration_without_a_sign_of_life_is_stuck(app: App, status: str):
    start(app)
    app.client.statuses |= {"one": status, "one.2": "Running"}
    app.prepare("one")
    watch_for(app, 14)
    assert instances(app) == []
    app.activities["plan_page"](app.work("one", page=0))
    watch_for(app, 14)
    assert instances(app) == []
    watch_for(app, 2)
    stuck = status != "Suspended"
    assert instances(app) == (["one.2"] if stuck else [])
    assert app.client.terminated == (["one"] if stuck else [])


@pytest.mark.parametrize("neighbour", ["starts", "scores", "waits"])
def test_a_silent_job_may_be_waiting_behind_what_is_done_for_others(app: App, neighbour: str):
    start(app)
    app.invoke(app.inputs(1), job="two")
    app.client.statuses |= {"one": "Running", "one.2": "Running", "two": "Running"}
    app.prepare("one")
    if neighbour != "waits":
        app.prepare("two")
    for minute in range(1, 62):
        if neighbour == "starts":
            app.activities["plan_page"](app.work("two", page=0))
        elif neighbour == "scores":
            app.services.jobs.repository.in_progress.note("two", 1, "p", [0], app.now + A_MINUTE)
        else:
            app.admit("two")
        watch_for(app, 1)
        started = "one.2" in instances(app)
        assert started == (minute > (15 if neighbour == "waits" else 60)), minute


def test_jobs_that_are_stuck_together_go_on_together(app: App):
    start(app)
    app.invoke(app.inputs(1), job="two")
    app.client.statuses |= {"one": "Running", "two": "Running"}
    app.client.started.clear()
    app.prepare("one")
    app.prepare("two")
    watch_for(app, 16)
    assert sorted(instances(app)) == ["one.2", "two.2"]


def test_waiting_for_room_is_a_sign_of_life(app: App):
    start(app)
    app.client.statuses["one"] = "Running"
    for _ in range(100):
        app.admit("one")
        watch_for(app, 1)
    assert instances(app) == []


def test_a_job_is_not_stuck_because_the_app_was_stopped(app: App):
    start(app)
    app.client.statuses |= {"one": "Running", "one.2": "Running"}
    app.prepare("one")
    watch_for(app, 5)
    app.later(hours=8)
    watch_for(app, 14)
    assert instances(app) == []
    watch_for(app, 3)
    assert instances(app) == ["one.2"]


class InterruptedJobError(BaseException):
    """The message that would have gone on was lost."""


@pytest.mark.parametrize("lost", ["score_mini_batch", "next_chunk", "finish_job", "prepare_job"])
def test_a_stuck_job_goes_on_and_what_comes_late_changes_nothing(app: App, lost: str):
    work = start(app)
    late: list[Any] = []

    def losing(item: Any) -> Any:
        if lost != "score_mini_batch" or item["number"] == 2:
            late.append(item)
            raise InterruptedJobError
        return app.activities[lost](item)

    with pytest.raises(InterruptedJobError):
        app.run_work(work, **{lost: losing})
    app.client.statuses["one"] = "Running"
    watch_for(app, 16)
    ((_, instance, again),) = app.client.started
    assert (instance, again["run"], again["resume"]) == ("one.2", 2, True)

    def haunted(item: Any) -> Any:
        app.activities[lost](late[0])
        return app.activities["score_mini_batch"](item)

    assert app.run_jobs(score_mini_batch=haunted) == ["Completed"]
    written = app.get(OUTPUT)
    assert written == expected()
    app.activities[lost](late[0])
    assert app.get(OUTPUT) == written
    assert app.job("one")["status"] == "Completed"


def test_a_stuck_job_that_ends_at_this_moment_stays_as_it_is(app: App):
    work = start(app)
    job = app.services.jobs.repository.get("one").job
    assert app.run_work(work) == "Completed"
    assert app.services.running.recovery.renew(job) is None
    assert app.services.jobs.repository.get("one").job.run == 1


def test_an_old_run_that_ends_late_leaves_the_new_ones_place_and_claim_alone(app: App):
    compute = {"name": "cpu", "type": "AmlCompute", "min_instances": 0, "max_instances": 1}
    app.call("POST", "computes", compute)
    start(app, compute={"target": "azureml:cpu"})
    app.admit("one")
    app.prepare("one")
    job = app.services.jobs.repository.get("one").job
    assert app.services.running.recovery.renew(job) is not None
    assert app.finish("one", "X", run=1) == "Canceled"
    app.invoke(app.inputs(1), job="two")
    assert app.admit("two")["is_admitted"] is False
    assert app.job("one")["error"] is None


def test_a_cancellation_that_died_half_way_is_completed(app: App):
    work = start(app)
    app.services.jobs.lifecycle.move("one", JobStatus.CANCEL_REQUESTED)
    assert app.services.jobs.repository.find_stop("one", 1) is None
    app.watch()
    stop = app.services.jobs.repository.find_stop("one", 1)
    assert stop is not None
    assert stop.reason is StopReason.CANCELED
    assert app.run_work(work) == "Canceled"


def test_lanes_of_a_failed_parent_are_stopped_before_its_place_is_given_back(app: App):
    start(app)
    app.admit("one")
    epoch = f"{app.now:%Y%m%d%H%M%S%f}"
    app.activities["prepare_job"](app.work("one", epoch=epoch, resume=False))
    lane = app.work("one", epoch=epoch, lanes=1, resume=False, lane=0)
    chunk = app.activities["next_chunk"](lane)
    admission, seen = app.services.running.admission, []
    release = admission.release

    def watched(job: Any) -> None:
        seen.append(app.services.jobs.repository.find_stop("one", 1))
        release(job)

    admission.release = watched  # type: ignore[method-assign]
    assert app.finish("one", "X") == "Failed"
    assert [stop.reason for stop in seen] == [StopReason.ENDED]
    orphan = app.work("one", number=0, plan=chunk["plan"])
    assert app.activities["score_mini_batch"](orphan)["outcome"] == "stopped"
    assert app.activities["next_chunk"]({**lane, "turn": 1})["kind"] == "end"
    assert app.pool.requests == []
    assert app.finish("one", "X") == "Failed"
    assert app.job("one")["error"] == {"code": "X", "message": "x"}


def test_a_run_under_way_is_killed_when_its_job_has_ended(tmp_path: Path):
    app = App(tmp_path)
    work = start(app, 1)

    class Waiting:
        def score(self, *_: object, canceled: Any, **__: object) -> ScoreResult:
            app.finish("one", "X")
            assert canceled.wait(timeout=10)
            raise ScorerError(FailureCause.CANCELED, "canceled")

    app.pool.score = Waiting().score  # type: ignore[method-assign]
    assert app.run_work(work) == "Failed"
    assert app.job("one")["error"]["code"] == "X"


def test_a_cancellation_kills_what_passing_the_threshold_left_running(app: App):
    start(app)
    stops, jobs = app.services.jobs.stops, app.services.jobs.repository
    run = jobs.get("one").job.current_run
    with stops.canceled(run) as canceled:
        jobs.request_stop("one", 1, Stop(StopReason.ERROR_THRESHOLD))
        assert stops.reason(run) in {None, StopReason.ERROR_THRESHOLD}
        app.call("POST", "jobs/one/cancel")
        assert canceled.wait(10)
    stop = jobs.find_stop("one", 1)
    assert stop is not None
    assert (stop.reason, stop.kills) == (StopReason.ERROR_THRESHOLD, True)
