"""Drives orchestrators through the durable SDK's own executor, as the Functions host does.

Each step hands the whole history to the executor, reads which actions it wants, runs them with the
test's handlers, and adds one event. What it records can be replayed later against other code.
Sub-orchestrations are either handlers, or orchestrators that run beside their parent.
"""

import itertools
import json
import random
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from azure.durable_functions.models.history import HistoryEventType as Kind
from azure.durable_functions.orchestrator import Orchestrator

Handler = Callable[[Any], Any]
Function = Callable[[Any], Generator[Any, Any, Any]]
START = "2026-01-01T00:00:00.0000000Z"
ACTIVITY, SUB_ORCHESTRATOR, CONTINUE_AS_NEW, CREATE_TIMER = 0, 2, 4, 5


class HandlerError(Exception):
    """Raised by a handler to make its activity or sub-orchestration fail."""


_sequence = itertools.count()


@dataclass(eq=False)
class Pending:
    """Something scheduled that has not completed, and the child that it waits for, if any."""

    id: int
    action: dict[str, Any]
    child: "Execution | None" = None
    sequence: int = field(default_factory=lambda: next(_sequence))


@dataclass(frozen=True)
class Answer:
    """Answer of the executor after so many events: the new actions, and the output."""

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
    """One orchestration instance: its history, and the answers of the executor to each prefix.

    Attributes:
        orchestrator: What runs.
        handlers: What answers activities, by name, and sub-orchestrations that do not really run.
        order: Decides which of the things that are under way completes next; None: the first.
        orchestrators: Those that run as sub-orchestrations, by name.
        time: When it runs, as the host writes times; it stands still meanwhile.
    """

    orchestrator: Function
    handlers: Mapping[str, Handler]
    order: random.Random | None = None
    orchestrators: Mapping[str, Function] = field(default_factory=dict)
    time: str = START
    history: list[dict[str, Any]] = field(default_factory=list)
    episodes: int = 0
    replayed: int = 0
    recorded: list[Generation] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    is_done: bool = False
    output: Any = None
    failure: Exception | None = None

    @property
    def generations(self) -> int:
        """Number of times that the orchestration has started."""
        return len(self.recorded)

    def run(self, work: object) -> Any:
        """Runs to the end, through all generations, and returns the output."""
        self.start(work)
        while not self.is_done:
            ready = sorted(self._ready(), key=lambda pair: pair[1].sequence)
            assert ready, "the orchestration waits for something that never comes"
            execution, item = ready[self.order.randrange(len(ready)) if self.order else 0]
            execution.complete(item)
        if self.failure is not None:
            raise self.failure
        return self.output

    def start(self, work: object) -> None:
        """Begins a generation."""
        self.history = [
            self._event(Kind.ORCHESTRATOR_STARTED),
            self._event(
                Kind.EXECUTION_STARTED, Name="orchestrator", Version="", Input=json.dumps(work)
            ),
        ]
        self._next_id = self._seen = 0
        self.pending = []
        self.recorded.append(Generation(work, self.history, []))
        self._advance()

    def _ready(self) -> Iterator[tuple["Execution", Pending]]:
        """Returns the tasks that may complete next, here and in all children."""
        for item in self.pending:
            if item.child is None or item.child.is_done:
                yield self, item
            else:
                yield from item.child._ready()

    def _advance(self) -> None:
        """Replays the history, and schedules what is wanted now."""
        try:
            state = replay(self.orchestrator, self.history, self.recorded[-1].work)
        except Exception as error:  # noqa: BLE001 - what an orchestrator raises fails it
            self.is_done, self.failure = True, error
            return
        self.episodes += 1
        self.replayed += len(self.history)
        self.recorded[-1].answers.append(answer(self.history, state, self._seen))
        actions = flat_actions(state)[self._seen :]
        self._seen += len(actions)
        if state["isDone"]:
            if actions and actions[-1]["actionType"] == CONTINUE_AS_NEW:
                self.start(json.loads(actions[-1]["input"]))
            else:
                self.is_done, self.output = True, state.get("output")
            return
        for action in actions:
            self._schedule(action)

    def _schedule(self, action: dict[str, Any]) -> None:
        item = Pending(self._next_id, action)
        self._next_id += 1
        self.pending.append(item)
        self.history.append(self._scheduling_event(item))
        function = self.orchestrators.get(action.get("functionName", ""))
        if action["actionType"] == SUB_ORCHESTRATOR and function is not None:
            item.child = Execution(
                function, self.handlers, None, self.orchestrators, time=self.time
            )
            item.child.start(json.loads(action["input"]))

    def complete(self, item: Pending) -> None:
        """Completes something that is under way, and replays."""
        self.pending.remove(item)
        self.history.append(self._event(Kind.ORCHESTRATOR_COMPLETED))
        self.history.append(self._event(Kind.ORCHESTRATOR_STARTED))
        self.history.append(self._completion(item))
        self._advance()

    def _completion(self, item: Pending) -> dict[str, Any]:
        if item.action["actionType"] == CREATE_TIMER:
            return self._event(Kind.TIMER_FIRED, TimerId=item.id, FireAt=self.time)
        is_sub = item.action["actionType"] == SUB_ORCHESTRATOR
        try:
            result = self._result(item)
        except Exception as error:
            if isinstance(error, AssertionError):
                # What a test asserts is no failure that an orchestrator may try again.
                raise
            kind = Kind.SUB_ORCHESTRATION_INSTANCE_FAILED if is_sub else Kind.TASK_FAILED
            return self._event(kind, Reason=str(error), Details="", TaskScheduledId=item.id)
        kind = Kind.SUB_ORCHESTRATION_INSTANCE_COMPLETED if is_sub else Kind.TASK_COMPLETED
        return self._event(kind, TaskScheduledId=item.id, Result=json.dumps(result))

    def _result(self, item: Pending) -> Any:
        if item.child is None:
            return self.handlers[item.action["functionName"]](json.loads(item.action["input"]))
        if item.child.failure is not None:
            raise item.child.failure
        return item.child.output

    def _scheduling_event(self, item: Pending) -> dict[str, Any]:
        """The event that says that something was scheduled."""
        if item.action["actionType"] == CREATE_TIMER:
            return self._event(Kind.TIMER_CREATED, item.id, FireAt=item.action["fireAt"])
        is_sub = item.action["actionType"] == SUB_ORCHESTRATOR
        kind = Kind.SUB_ORCHESTRATION_INSTANCE_CREATED if is_sub else Kind.TASK_SCHEDULED
        name, work = item.action["functionName"], item.action["input"]
        return self._event(kind, item.id, Name=name, Input=work)

    def _event(self, kind: Kind, event_id: int = -1, **more: object) -> dict[str, Any]:
        """One event of a history, in the form that the host sends."""
        return {
            "EventType": int(kind),
            "EventId": event_id,
            "IsPlayed": False,
            "Timestamp": self.time,
            **more,
        }


def answer(history: list[dict[str, Any]], state: dict[str, Any], seen: int) -> Answer:
    """Returns the part of a state that is new after the first `seen` actions."""
    return Answer(len(history), flat_actions(state)[seen:], state["isDone"], state.get("output"))


def replay(orchestrator: Function, history: list[dict[str, Any]], work: object) -> dict[str, Any]:
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
