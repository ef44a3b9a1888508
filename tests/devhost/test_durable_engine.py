"""The engine hands out as much work as may run at once, and takes its results."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest
from azure.durable_functions.orchestrator import Orchestrator

from devhost.durable.engine import DurableFunctions, Engine, EngineOptions
from devhost.json_payloads import write_json
from devhost.workers.calls import (
    ActivityCall,
    ActivityReply,
    Call,
    Failure,
    OrchestratorCall,
    Receiver,
    Workers,
)
from devhost.workers.orchestration import execute

Context = df.DurableOrchestrationContext


def fan(context: Context):
    return (yield context.task_all([context.call_activity("act", n) for n in range(5)]))


def naps(context: Context):
    yield context.create_timer(context.current_utc_datetime + timedelta(milliseconds=20))
    return "awake"


def nobody(context: Context):
    yield context.call_activity("missing")


class Held(Workers):
    """Workers that reply when the test says so."""

    def __init__(self) -> None:
        self.held: list[tuple[Call, Receiver]] = []
        self.most: dict[type, int] = {}

    def submit(self, function: str, call: Call, receive: Receiver) -> None:
        self.held.append((call, receive))
        kind = type(call)
        count = sum(isinstance(held, kind) for held, _ in self.held)
        self.most[kind] = max(count, self.most.get(kind, 0))

    def bind_client(self, binding: str) -> None: ...

    def reply(self) -> None:
        call, receive = self.held.pop(0)
        if isinstance(call, OrchestratorCall):
            receive(execute(Orchestrator.create(self.orchestrator), call.request))
        else:
            assert isinstance(call, ActivityCall)
            receive(ActivityReply(call.input or ""))

    def run(self, orchestrator: Any) -> None:
        self.orchestrator = orchestrator
        while self.held:
            self.reply()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def engine_on(workers: Workers, loop: asyncio.AbstractEventLoop) -> Engine:
    names = {name: name for name in ("fan", "naps", "nobody")}
    options = EngineOptions(max_activities=2, max_orchestrators=3)
    return Engine(DurableFunctions(names, {"act": "act"}), options, workers, loop)


def output(engine: Engine, instance_id: str) -> Any:
    return engine.use(lambda hub: getattr(hub.find(instance_id), "output", None))


def test_no_more_activities_and_orchestrators_than_allowed_are_in_hand(loop) -> None:
    workers = Held()
    engine = engine_on(workers, loop)
    for number in range(7):
        engine.use(lambda hub, n=number: hub.start("fan", f"fan-{n}", None))

    workers.run(fan)

    assert workers.most == {OrchestratorCall: 3, ActivityCall: 2}
    assert {output(engine, f"fan-{n}") for n in range(7)} == {"[0,1,2,3,4]"}


def test_an_orchestrator_whose_worker_has_died_runs_again(loop) -> None:
    workers = Held()
    engine = engine_on(workers, loop)
    engine.use(lambda hub: hub.start("fan", "fan-1", None))

    _, receive = workers.held.pop()
    receive(Failure("WorkerProcessExitException", "it has died", is_crash=True))
    workers.run(fan)

    assert output(engine, "fan-1") == "[0,1,2,3,4]"


def test_timers_wait_on_the_loop(loop) -> None:
    workers = Held()
    engine = engine_on(workers, loop)
    engine.use(lambda hub: hub.start("naps", "naps-1", None))
    workers.run(naps)
    assert output(engine, "naps-1") is None

    loop.run_until_complete(asyncio.sleep(0.05))
    workers.run(naps)

    assert output(engine, "naps-1") == write_json("awake")


def test_each_remark_is_logged_once_for_each_orchestrator(loop, caplog) -> None:
    workers = Held()
    engine = engine_on(workers, loop)
    with caplog.at_level(logging.WARNING, "devhost"):
        for number in range(3):
            engine.use(lambda hub, n=number: hub.start("nobody", f"nobody-{n}", None))
        workers.run(nobody)

    (record,) = caplog.records
    assert record.getMessage().startswith("Orchestrator nobody (nobody-0): the function 'missing'")


def test_a_stopped_engine_hands_out_nothing(loop) -> None:
    workers = Held()
    engine = engine_on(workers, loop)
    engine.use(lambda hub: hub.start("fan", "fan-1", None))
    engine.stop()

    workers.run(fan)

    assert output(engine, "fan-1") is None
