"""Computes bound what all jobs take of them together."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from shared.jobs.model import JobStatus
from shared.running.compute_queue import ComputeQueue, Place
from shared.running.compute_queue_repository import ComputeQueueRepository
from tests.functional.harness import App

ADMITTED = {"is_admitted": True, "seconds": 0}


@pytest.fixture
def uri(app: App) -> str:
    compute = {"name": "cpu", "type": "AmlCompute", "min_instances": 0, "max_instances": 2}
    assert app.call("POST", "computes", compute).status == 201
    assert app.endpoint(compute={"target": "azureml:cpu", "instance_count": 2}).status == 201
    return app.inputs(3)


def ask(app: App, job: str) -> dict[str, Any]:
    return app.admit(job)


def test_jobs_run_one_after_the_other_in_the_order_in_which_they_came(app: App, uri: str):
    first, second, third = (app.invoke(uri).document["name"] for _ in range(3))
    assert ask(app, first) == ADMITTED
    assert ask(app, second) == {"is_admitted": False, "seconds": 1}
    assert ask(app, third) == {"is_admitted": False, "seconds": 5}
    assert app.job(second)["status"] == "Queued"
    assert ask(app, first) == ADMITTED
    app.finish(first, "X")
    assert not ask(app, third)["is_admitted"]
    assert ask(app, second) == ADMITTED
    assert not ask(app, third)["is_admitted"]


def test_a_small_job_fits_beside_another(app: App, uri: str):
    one, two = (app.invoke(uri, compute={"instanceCount": 1}).document["name"] for _ in range(2))
    assert ask(app, one) == ask(app, two) == ADMITTED


def test_a_job_that_died_gives_its_place_back(app: App, uri: str):
    dead, next_one = (app.invoke(uri).document["name"] for _ in range(2))
    ask(app, dead)
    jobs = app.services.jobs.repository
    stored = jobs.get(dead)
    jobs.replace(stored, replace(stored.job, status=JobStatus.FAILED))
    assert ask(app, next_one) == ADMITTED


def test_a_job_that_asks_for_more_than_there_is_is_refused(app: App, uri: str):
    answer = app.invoke(uri, compute={"instanceCount": 3})
    assert (answer.status, answer.error["code"]) == (422, "ComputeTooSmall")
    assert "at most 2" in answer.error["message"]


def test_a_queued_job_can_be_canceled(app: App, uri: str):
    first, second = (app.invoke(uri).document["name"] for _ in range(2))
    ask(app, first)
    ask(app, second)
    app.call("POST", f"jobs/{second}/cancel")
    app.client.started.pop(0)
    assert app.run_jobs() == ["Canceled"]
    assert app.pool.requests == []
    assert ask(app, first) == ADMITTED


def test_a_whole_queue_gets_through(app: App, uri: str):
    jobs = [app.invoke(uri).document["name"] for _ in range(4)]
    assert app.run_jobs() == ["Completed"] * 4
    assert {app.job(job)["counts"]["files"]["scored"] for job in jobs} == {3}


def test_an_unknown_compute_is_refused(app: App):
    answer = app.endpoint(compute={"target": "azureml:none"})
    assert (answer.status, answer.error["code"]) == (404, "ComputeNotFound")


def test_a_deployment_may_not_ask_for_more_than_there_is(app: App, uri: str):
    del uri
    answer = app.endpoint("other", compute={"target": "cpu", "instance_count": 9})
    assert answer.error["target"] == "deployments[0].compute.instance_count"


def test_thousands_of_jobs_may_wait(app: App, uri: str):
    first = app.invoke(uri).document["name"]
    ask(app, first)
    lines = ComputeQueueRepository(app.tables)
    waiting = ComputeQueue(tuple(Place(str(uuid4()), 1) for _ in range(5000)))
    lines.change("azureml:cpu", lambda line: ComputeQueue((*line.places, *waiting.places)))
    last = app.invoke(uri).document["name"]
    assert ask(app, last) == {"is_admitted": False, "seconds": 60}
    line = lines.get("azureml:cpu")
    assert line.position(last) == 4999  # the first of them does not exist, and was removed
    assert line.is_admitted(first)


def test_a_line_that_is_full_takes_no_more(app: App, uri: str):
    waiting = ComputeQueue(tuple(Place("j" * 200 + str(number), 1) for number in range(2000)))
    ComputeQueueRepository(app.tables).change("azureml:cpu", lambda _: waiting)
    answer = app.invoke(uri)
    assert (answer.status, answer.error["code"]) == (409, "QueueFull")
    assert "2000 jobs wait" in answer.error["message"]


def test_a_job_that_died_at_the_head_of_the_line_lets_the_next_one_in(app: App, uri: str):
    first, dead, last = (app.invoke(uri).document["name"] for _ in range(3))
    assert [ask(app, job)["is_admitted"] for job in (first, dead, last)] == [True, False, False]
    jobs = app.services.jobs.repository
    stored = jobs.get(dead)
    jobs.replace(stored, replace(stored.job, status=JobStatus.FAILED))
    app.finish(first, "X")
    assert ask(app, last) == ADMITTED
