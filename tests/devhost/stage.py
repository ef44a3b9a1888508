"""Plays a recorded orchestration on the engine's core, with the recorded order of completions.

A recording has, for each episode, the events that are new in its history, which of all are marked
as played, and the executor's answer: the actions that are the `same` as before, by their count, and
those that follow. Ids of executions are named by the order of their appearance, times are offsets
in seconds from the episode's beginning.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from azure.durable_functions.orchestrator import Orchestrator

from devhost.durable.core import events
from devhost.durable.core.actions import Answer
from devhost.durable.core.episodes import finish_episode
from devhost.durable.core.events import Event, EventType
from devhost.durable.core.orchestration import Orchestration
from devhost.durable.core.results import Failed, describe_failure
from devhost.durable.core.script import FunctionNames
from devhost.durable.core.suspicions import Remark
from devhost.durable.core.work import ActivityWork, Execution, Message, Start
from devhost.durable.replies import read_answer
from devhost.durable.status import describe, describe_history
from devhost.json_payloads import read_time, write_json, write_time
from devhost.workers.calls import Failure, Reply
from devhost.workers.orchestration import execute
from tests.devhost import scenarios

HISTORIES = Path(__file__).parent / "histories"
ORCHESTRATORS = {
    name: value
    for name, value in vars(scenarios).items()
    if callable(value) and getattr(value, "__module__", "") == scenarios.__name__
}
FUNCTIONS = FunctionNames(ORCHESTRATORS, {"act"})
_DECISIONS = {"TaskScheduled", "SubOrchestrationInstanceCreated", "TimerCreated"}
_NOT_DELIVERED = _DECISIONS | {"OrchestratorStarted", "OrchestratorCompleted", "ExecutionStarted"}
_NAMES = {
    EventType.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    EventType.GENERIC: "GenericEvent",
}
_SHOWN = ("Name", "TaskScheduledId", "TimerId", "Result", "Reason", "Input", "InstanceId")
_SHOWN += ("Generation", "ParentInstance", "Version", "Tags")


def load(name: str) -> dict[str, Any]:
    return json.loads((HISTORIES / f"{name}.json").read_text("utf-8"))


class Stage:
    """The orchestrations of one recording, and all that waits to be delivered."""

    def __init__(self, name: str) -> None:
        self._now = datetime(2026, 3, 6, tzinfo=UTC)
        self._activities = scenarios.Activities()
        self._aliases: dict[str, str] = {}
        self._known: dict[str, int] = {}
        self._answered: dict[str, list[Any]] = {}
        self._work: dict[tuple[str, int], ActivityWork] = {}
        self._messages: list[Message] = []
        self.remarks: list[Remark] = []
        self.orchestrations: dict[str, Orchestration] = {}
        self._recording = load(name)
        first = self._recording["episodes"][0]
        root = Execution("ROOT", "the first")
        input_ = first["events"][1]["Input"]
        self._begin(Start(root, first["orchestrator"], input_, generation=0))

    def play(self) -> None:
        """Plays all episodes and compares each with the recording."""
        for recorded in self._recording["episodes"]:
            self._play(recorded)

    @property
    def root(self) -> Orchestration:
        return self.orchestrations["ROOT"]

    @property
    def recorded_status(self) -> dict[str, Any]:
        return self._recording["status"]

    @property
    def status(self) -> dict[str, Any]:
        """The status as the HTTP API shows it, without what differs each time."""
        shown = describe(self.root, show_input=True)
        events = describe_history(self.root.history, show_output=True, show_input=True)
        return {
            "runtimeStatus": shown["runtimeStatus"],
            "output": _without_details(shown["output"]),
            "customStatus": shown["customStatus"],
            "historyEvents": [self._alias(_without_times_and_details(event)) for event in events],
            "keys": [*shown, "historyEvents"],
        }

    def _play(self, recorded: dict[str, Any]) -> None:
        orchestration = self._find(recorded["instance"])
        for event in recorded["events"] if recorded["isReplaying"] else ():
            if event["EventType"] not in _NOT_DELIVERED:
                orchestration.receive(self._message(orchestration, event))
        episode = orchestration.begin(self._tick())
        request = json.loads(episode.request)
        execution = orchestration.start.execution.execution_id
        self._aliases.setdefault(execution, f"EXECUTION{len(self._aliases)}")
        assert self._shown(orchestration, request) == {
            key: recorded[key]
            for key in ("orchestrator", "execution", "parent", "isReplaying", "played", "events")
        }
        reply = self._run(episode.name, episode.request)
        assert self._answer(orchestration, reply) == recorded["answer"]
        self._finish(orchestration, read_answer(reply))

    def _finish(self, orchestration: Orchestration, answer: Answer) -> None:
        outcome = finish_episode(orchestration, answer, FUNCTIONS, self._tick())
        self.remarks += outcome.remarks
        for work in outcome.work:
            if isinstance(work, ActivityWork):
                self._work[work.execution.execution_id, work.task_id] = work
            else:
                self._messages.append(work.message)
        self._messages += outcome.messages
        for child in outcome.children:
            self._begin(child)

    def _begin(self, start: Start) -> None:
        self.orchestrations[start.execution.instance_id] = Orchestration(start, self._tick())

    def _find(self, alias: str) -> Orchestration:
        for real, known in self._aliases.items():
            alias = alias.replace(known, real)
        return self.orchestrations[alias]

    def _message(self, orchestration: Orchestration, event: dict[str, Any]) -> Message:
        """Makes or finds the message that the recording has delivered here."""
        execution, now = orchestration.start.execution, self._tick()
        match event["EventType"]:
            case "TaskCompleted" | "TaskFailed":
                made = self._act(self._work.pop((execution.execution_id, event["TaskScheduledId"])))
            case "EventRaised":
                made = events.event_raised(event["Name"], event["Input"], now)
            case "ExecutionTerminated":
                made = events.execution_terminated(event["Input"], now)
            case "ExecutionSuspended":
                made = events.execution_suspended(event["Reason"], now)
            case "ExecutionResumed":
                made = events.execution_resumed(event["Reason"], now)
            case _:
                return self._waiting(execution, event)
        return Message(execution.instance_id, made)

    def _waiting(self, execution: Execution, event: dict[str, Any]) -> Message:
        task_id = event.get("TimerId", event.get("TaskScheduledId"))
        found = next(
            message
            for message in self._messages
            if message.execution_id == execution.execution_id and message.event.task_id == task_id
        )
        self._messages.remove(found)
        return found

    def _act(self, work: ActivityWork) -> Event:
        try:
            result = write_json(self._activities.act(work.input))
        except ValueError as error:
            failed: Failed = describe_failure(work.name, f"ValueError: {error}", "")
            return events.task_failed(work.task_id, failed.reason, failed.details, self._tick())
        return events.task_completed(work.task_id, result, self._tick())

    def _run(self, name: str, request: str) -> Reply:
        try:
            return execute(Orchestrator.create(ORCHESTRATORS[name]), request)
        except Exception as error:  # noqa: BLE001
            return Failure(type(error).__name__, str(error))

    def _tick(self) -> str:
        self._now += timedelta(milliseconds=1)
        return write_time(self._now)

    def _shown(self, orchestration: Orchestration, request: dict[str, Any]) -> dict[str, Any]:
        history = request["history"]
        execution = orchestration.start.execution.execution_id
        known = self._known.get(execution, 0)
        self._known[execution] = len(history)
        parent = request["parentInstanceId"]
        return {
            "orchestrator": orchestration.start.name,
            "execution": self._aliases[execution],
            "parent": parent and self._alias(parent),
            "isReplaying": request["isReplaying"],
            "played": "".join("1" if event["IsPlayed"] else "0" for event in history),
            "events": self._events(history, known),
        }

    def _events(self, history: list[dict[str, Any]], known: int) -> list[dict[str, Any]]:
        shown, began = [], ""
        for index, event in enumerate(history):
            kind = EventType(event["EventType"])
            if kind is EventType.ORCHESTRATOR_STARTED:
                began = event["Timestamp"]
            if index < known:
                continue
            name = _NAMES.get(kind, kind.name.title().replace("_", ""))
            document = {"EventType": name}
            if event["EventId"] != -1:
                document["EventId"] = event["EventId"]
            fields = {k: event[k] for k in _SHOWN if event.get(k) not in (None, "")}
            document |= self._alias(fields)
            if "Reason" in document:
                document["Reason"] = _without_details(document["Reason"])
            if kind is EventType.TIMER_CREATED:
                document["FireAt"] = _seconds(began, event["FireAt"])
            shown.append(document)
        return shown

    def _answer(self, orchestration: Orchestration, reply: Reply) -> dict[str, Any]:
        """Gives the executor's answer as the recording has it."""
        raised, text = None, getattr(reply, "answer", "")
        if isinstance(reply, Failure):
            raised, _, text = reply.message.partition("\n\n$OutOfProcData$:")
            raised = _without_details(raised)
        state = json.loads(text) if text else {"actions": [[]]}
        execution = orchestration.start.execution.execution_id
        actions = [self._alias(_without_times(action)) for action in state["actions"][0]]
        before = self._answered.get(execution, [])
        pairs = zip(before, actions, strict=False)
        same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(before), len(actions)))
        self._answered[execution] = actions
        answer = {"isDone": state.get("isDone"), "same": same, "actions": actions[same:]}
        answer |= {k: self._alias(state[k]) for k in ("output", "customStatus") if k in state}
        return answer if raised is None else {**answer, "raised": raised}

    def _alias(self, value: Any) -> Any:
        text = json.dumps(value)
        for real, alias in self._aliases.items():
            text = text.replace(real, alias)
        return json.loads(text)


def _without_times_and_details(event: dict[str, Any]) -> dict[str, Any]:
    changed = {key: "TIME" for key in ("Timestamp", "ScheduledTime", "FireAt") if key in event}
    changed |= {key: "DETAILS" for key in ("Details",) if event.get(key)}
    changed |= {k: _without_details(event[k]) for k in ("Reason", "Result") if k in event}
    return event | changed


def _without_details(value: Any) -> Any:
    return value.split(" \n ")[0] if isinstance(value, str) else value


def _without_times(action: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in action.items() if key != "fireAt"}
    if "compoundActions" in shown:
        shown["compoundActions"] = [_without_times(child) for child in shown["compoundActions"]]
    return shown


def _seconds(began: str, time: str) -> float:
    return round((read_time(time) - read_time(began)).total_seconds(), 3)
