"""Drives orchestrators through the durable SDK's own executor, as the Functions host does.

Each step hands the whole history to the executor, reads which actions it wants, runs them with the
test's handlers, and adds one event. What it records can be replayed later against other code.
"""

import json
import random
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.durable_functions.models.history import HistoryEventType as Kind
from azure.durable_functions.orchestrator import Orchestrator

Handler = Callable[[Any], Any]
START = "2026-01-01T00:00:00.0000000Z"
ACTIVITY, ACTIVITY_WITH_RETRY, SUB_ORCHESTRATOR, CONTINUE_AS_NEW, CREATE_TIMER = 0, 1, 2, 4, 5


class HandlerError(Exception):
    """Raised by a handler to make its activity or sub-orchestration fail."""


@dataclass
class Pending:
    """Something scheduled that has not completed."""

    id: int
    action: dict[str, Any]
    attempt: int = 1
    is_timer: bool = False


@dataclass(frozen=True)
class Answer:
    """What the executor wanted after so many events: the actions that were new, and the output."""

    events: int
    actions: list[dict[str, Any]]
    is_done: bool
    output: Any


@dataclass(frozen=True)
class Generation:
    """One generation of an execution: its input, its history, and the answers to its prefixes."""

    work: Any
    history: list[dict[str, Any]]
    answers: list[Answer]


@dataclass
class Execution:
    """One orchestration instance: its history, and the answers of the executor to each prefix."""

    orchestrator: Callable[[Any], Generator[Any, Any, Any]]
    handlers: Mapping[str, Handler]
    order: random.Random | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    episodes: int = 0
    replayed: int = 0
    recorded: list[Generation] = field(default_factory=list)

    @property
    def generations(self) -> int:
        """How often the orchestration has started."""
        return len(self.recorded)

    def run(self, work: object) -> Any:
        """Runs to the end, through all generations, and returns the output."""
        while True:
            state = self._run_generation(work)
            final = flat_actions(state)[-1:] or [{}]
            if final[0].get("actionType") != CONTINUE_AS_NEW:
                return state.get("output")
            work = json.loads(final[0]["input"])

    def _run_generation(self, work: object) -> dict[str, Any]:
        self.history = [
            event(Kind.ORCHESTRATOR_STARTED, -1),
            event(
                Kind.EXECUTION_STARTED, -1, Name="orchestrator", Version="", Input=json.dumps(work)
            ),
        ]
        self._next_id = 0
        self._seen = 0
        pending: list[Pending] = []
        self.recorded.append(Generation(work, self.history, []))
        while True:
            state = replay(self.orchestrator, self.history, work)
            self.episodes += 1
            self.replayed += len(self.history)
            self.recorded[-1].answers.append(answer(self.history, state, self._seen))
            if state["isDone"]:
                return state
            pending += self._schedule(flat_actions(state)[self._seen :])
            assert pending, "the orchestration waits for something that never comes"
            position = self.order.randrange(len(pending)) if self.order else 0
            self.history.append(event(Kind.ORCHESTRATOR_COMPLETED, -1))
            self.history.append(event(Kind.ORCHESTRATOR_STARTED, -1))
            pending += self._complete(pending.pop(position))

    def _schedule(self, actions: list[dict[str, Any]]) -> list[Pending]:
        scheduled = [Pending(self._take_id(), action) for action in actions]
        self._seen += len(actions)
        for item in scheduled:
            self.history.append(scheduling_event(item))
        return scheduled

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def _complete(self, item: Pending) -> list[Pending]:
        """Adds the completing event; a failed activity with retries is followed by a timer."""
        if item.is_timer:
            return self._fire(item)
        if item.action["actionType"] == CREATE_TIMER:
            self.history.append(event(Kind.TIMER_FIRED, -1, TimerId=item.id, FireAt=START))
            return []
        is_sub = item.action["actionType"] == SUB_ORCHESTRATOR
        failures = Exception if is_sub else HandlerError
        try:
            result = self.handlers[item.action["functionName"]](json.loads(item.action["input"]))
        except failures as error:
            kind = Kind.SUB_ORCHESTRATION_INSTANCE_FAILED if is_sub else Kind.TASK_FAILED
            failure = {"Reason": str(error), "Details": "", "TaskScheduledId": item.id}
            self.history.append(event(kind, -1, **failure))
            if item.action["actionType"] != ACTIVITY_WITH_RETRY:
                return []
            timer = Pending(self._take_id(), item.action, item.attempt, is_timer=True)
            self.history.append(event(Kind.TIMER_CREATED, timer.id, FireAt=START))
            return [timer]
        kind = Kind.SUB_ORCHESTRATION_INSTANCE_COMPLETED if is_sub else Kind.TASK_COMPLETED
        self.history.append(event(kind, -1, TaskScheduledId=item.id, Result=json.dumps(result)))
        return []

    def _fire(self, timer: Pending) -> list[Pending]:
        self.history.append(event(Kind.TIMER_FIRED, -1, TimerId=timer.id, FireAt=START))
        if timer.attempt >= timer.action["retryOptions"]["maxNumberOfAttempts"]:
            return []
        again = Pending(self._take_id(), timer.action, timer.attempt + 1)
        self.history.append(scheduling_event(again))
        return [again]


def answer(history: list[dict[str, Any]], state: dict[str, Any], seen: int) -> Answer:
    """What a state says that was not known after the first `seen` actions."""
    return Answer(len(history), flat_actions(state)[seen:], state["isDone"], state.get("output"))


def event(kind: Kind, event_id: int, **more: object) -> dict[str, Any]:
    """One event of a history, in the form that the host sends."""
    return {
        "EventType": int(kind),
        "EventId": event_id,
        "IsPlayed": False,
        "Timestamp": START,
        **more,
    }


def scheduling_event(item: Pending) -> dict[str, Any]:
    """The event that says that something was scheduled."""
    if item.action["actionType"] == CREATE_TIMER:
        return event(Kind.TIMER_CREATED, item.id, FireAt=item.action["fireAt"])
    is_sub = item.action["actionType"] == SUB_ORCHESTRATOR
    kind = Kind.SUB_ORCHESTRATION_INSTANCE_CREATED if is_sub else Kind.TASK_SCHEDULED
    return event(kind, item.id, Name=item.action["functionName"], Input=item.action["input"])


def replay(
    orchestrator: Callable[[Any], Generator[Any, Any, Any]],
    history: list[dict[str, Any]],
    work: object,
) -> dict[str, Any]:
    """Runs the SDK's executor over a history and returns the state that it answers."""
    body = json.dumps(
        {
            "history": history,
            "instanceId": "instance",
            "isReplaying": False,
            "parentInstanceId": None,
            "input": json.dumps(work),
            "upperSchemaVersion": 0,
            "upperSchemaVersionNew": 2,
        }
    )
    return json.loads(Orchestrator.create(orchestrator)(body))


def flat_actions(state: dict[str, Any]) -> list[dict[str, Any]]:
    """The atomic actions of a state, in the order in which they were scheduled."""
    found: list[dict[str, Any]] = []

    def walk(action: dict[str, Any]) -> None:
        if "compoundActions" in action:
            for child in action["compoundActions"]:
                walk(child)
        else:
            found.append(action)

    for group in state["actions"]:
        for action in group:
            walk(action)
    return found
