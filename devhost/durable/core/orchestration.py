"""One orchestration: its state, its history, and the messages that wait for its next episode."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from devhost.durable.core import events
from devhost.durable.core.decisions import Complete, StartOver, Status
from devhost.durable.core.events import Event, EventType
from devhost.durable.core.work import Episode, Message, Parent, Start
from devhost.json_payloads import Json, read_json, write_json

# The durations that Azure Storage allows timers; the SDK splits longer ones.
_LIMITS: dict[str, Json] = {
    "upperSchemaVersion": 1,
    "upperSchemaVersionNew": 3,
    "longRunningTimerIntervalDuration": "3.00:00:00",
    "maximumShortTimerDuration": "6.00:00:00",
    "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
}


class Orchestration:
    """The state of one instance.

    Attributes:
        start: The execution that runs, or ran last.
        status: Its state.
        output: The result as JSON or a reason; the reason of a suspension meanwhile.
        custom_status: The value that the orchestrator has set.
        history: The events of this execution.
        created: The time at which this execution began.
        updated: The time of the last episode.
    """

    def __init__(self, start: Start, now: str) -> None:
        self.start = start
        self.status = Status.PENDING
        self.output: str | None = None
        self.custom_status: Json = None
        self.history: list[Event] = []
        self.created = self.updated = now
        self._inbox = [Message(start.execution.instance_id, _started(start, now))]
        self._past = 0
        self._starts_over = False

    @property
    def parent(self) -> Parent | None:
        """The task that waits for this orchestration."""
        return self.start.parent

    @property
    def has_work(self) -> bool:
        """Tells whether there is something to run the orchestrator for."""
        return self._starts_over or bool(self._inbox)

    def receive(self, message: Message) -> None:
        """Takes a message for the next episode, unless it is for an earlier execution."""
        stale = message.execution_id not in {None, self.start.execution.execution_id}
        if not (stale or self.status.is_final):
            self._inbox.append(message)

    def begin(self, now: str) -> Episode:
        """Begins an episode with all messages that have come."""
        if not self._starts_over:
            self._past = len(self.history)
            arrived = [message.event for message in self._inbox]
            self.history += [events.orchestrator_started(now), *arrived]
            self._inbox.clear()
        self._starts_over = False
        if self.status is Status.PENDING:
            self.status = Status.RUNNING
        return Episode(self.start.execution, self.start.name, self._request())

    def record(self, decisions: Sequence[Event], now: str) -> None:
        """Ends an episode: the history has its messages as played, and its decisions."""
        self.history[self._past :] = [event.played() for event in self.history[self._past :]]
        self.history += decisions
        if self.history[-1].type is not EventType.ORCHESTRATOR_COMPLETED:
            self.history.append(events.orchestrator_completed(now))
        self.updated = now
        self._follow_suspension()

    def complete(self, decision: Complete) -> None:
        """Ends the orchestration."""
        self.status, self.output = decision.status, decision.result
        self._inbox.clear()

    def start_over(self, decision: StartOver, now: str) -> None:
        """Begins the next execution with an empty history."""
        execution = replace(self.start.execution, execution_id=uuid4().hex)
        input_ = None if decision.input is None else write_json(decision.input)
        self.start = replace(self.start, execution=execution, input=input_, generation=None)
        self.created = self.updated = now
        self.history = [
            events.orchestrator_started(now),
            _started(self.start, now),
            *decision.carried_over,
            events.orchestrator_completed(now),
        ]
        self._past, self._starts_over = 0, True
        self._inbox = [message for message in self._inbox if message.execution_id is None]

    def rewind(self, history: list[Event]) -> None:
        """Takes a failure back: the history no longer has it, and the orchestration may go on."""
        self.history, self.status, self.output = history, Status.RUNNING, None

    def _follow_suspension(self) -> None:
        for event in reversed(self.history[self._past :]):
            if event.type in {EventType.EXECUTION_SUSPENDED, EventType.EXECUTION_RESUMED}:
                is_held = event.type is EventType.EXECUTION_SUSPENDED
                self.status = Status.SUSPENDED if is_held else Status.RUNNING
                self.output = event.fields["Reason"]
                return

    def _request(self) -> str:
        start = self.start
        rest = {
            "input": read_json(start.input),
            "instanceId": start.execution.instance_id,
            "isReplaying": self._past > 0,
            "parentInstanceId": start.parent and start.parent.execution.instance_id,
            "sourceInstanceId": None,
            **_LIMITS,
        }
        history = ",".join([event.text for event in self.history])
        return f'{{"history":[{history}],{write_json(rest)[1:]}'


def _started(start: Start, now: str) -> Event:
    fields = {
        "OrchestrationInstance": start.execution.document(),
        "ParentInstance": start.parent and start.parent.document(),
        "Name": start.name,
        "Version": start.version,
        "Input": start.input,
        "Generation": start.generation,
    }
    return events.execution_started(fields, now)
