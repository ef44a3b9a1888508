"""All orchestrations of the host: who is ready to run, and who gets which message."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import uuid4

from devhost.durable.core import events
from devhost.durable.core.actions import Answer
from devhost.durable.core.decisions import Status
from devhost.durable.core.episodes import finish_episode
from devhost.durable.core.events import Event
from devhost.durable.core.kept import Kept
from devhost.durable.core.orchestration import Orchestration
from devhost.durable.core.results import ActivityResult, Failed
from devhost.durable.core.rewinding import rewound
from devhost.durable.core.script import FunctionNames
from devhost.durable.core.suspicions import Remark, Topic
from devhost.durable.core.work import (
    ActivityWork,
    Episode,
    Execution,
    Message,
    Outcome,
    Start,
    TimerWork,
)
from devhost.json_payloads import write_time

Clock = Callable[[], datetime]


class ExistsError(Exception):
    """An orchestration of that id has not ended; the message is the extension's."""


class Hub:
    """The orchestrations, in memory. One thread may use it at a time.

    An orchestration is ready when a message has come for it, and it runs one episode at a time:
    what comes meanwhile is for the next one.
    """

    def __init__(self, functions: FunctionNames, clock: Clock = lambda: datetime.now(UTC)) -> None:
        self.functions = functions
        self._clock = clock
        self._orchestrations: dict[str, Orchestration] = {}
        self._ready: dict[str, None] = {}
        self._running: set[str] = set()
        self._kept = Kept()

    def __iter__(self) -> Iterator[Orchestration]:
        return iter(self._orchestrations.values())

    def find(self, instance_id: str) -> Orchestration | None:
        """Finds an orchestration; None if there is none of that id."""
        return self._orchestrations.get(instance_id)

    def start(
        self, name: str, instance_id: str, input_: str | None, version: str | None = None
    ) -> None:
        """Begins an orchestration, in place of one of the same id that has ended.

        Raises:
            ExistsError: It has not.
        """
        before = self.find(instance_id)
        if before is not None and not before.status.is_final:
            status = before.status.value
            message = f"An Orchestration instance with the status {status} already exists."
            raise ExistsError(message)
        generation = 0 if before is None else (before.start.generation or 0) + 1
        execution = Execution(instance_id, str(uuid4()))
        self._begin(Start(execution, name, input_, generation=generation, version=version))

    def raise_event(self, instance_id: str, name: str, data: str) -> None:
        """Sends an external event with its data as JSON."""
        self._send(instance_id, events.event_raised(name, data, self._now()))

    def terminate(self, instance_id: str, reason: str) -> None:
        """Ends an orchestration; its activities and sub-orchestrations go on."""
        self._send(instance_id, events.execution_terminated(reason, self._now()))

    def suspend(self, instance_id: str, reason: str) -> None:
        """Holds an orchestration."""
        self._send(instance_id, events.execution_suspended(reason, self._now()))

    def resume(self, instance_id: str, reason: str) -> None:
        """Lets a suspended orchestration go on."""
        self._send(instance_id, events.execution_resumed(reason, self._now()))

    def rewind(self, instance_id: str, reason: str) -> None:
        """Tries the failed tasks of a failed orchestration again, those of its children too.

        One whose history is not kept any more stays as it is.
        """
        orchestration = self.find(instance_id)
        if orchestration is None or orchestration.status is not Status.FAILED:
            return
        if not orchestration.history:
            return
        history, children = rewound(orchestration.history)
        orchestration.rewind(history)
        self._kept.forget(instance_id)
        for child in children:
            self.rewind(child, reason)
        if not children:
            self._send(instance_id, events.generic(-1, reason, self._now()))

    def purge(self, instance_id: str) -> None:
        """Forgets an orchestration that has ended."""
        self._kept.forget(instance_id)
        self._orchestrations.pop(instance_id, None)

    def next_episode(self) -> Episode | None:
        """Begins the next episode; None if no orchestration is ready."""
        if not self._ready:
            return None
        instance_id = next(iter(self._ready))
        del self._ready[instance_id]
        self._running.add(instance_id)
        return self._orchestrations[instance_id].begin(self._now())

    def finish_episode(self, episode: Episode, answer: Answer) -> Outcome:
        """Ends an episode with the executor's answer; gives the work that follows from it."""
        instance_id = episode.execution.instance_id
        orchestration = self._orchestrations[instance_id]
        outcome = finish_episode(orchestration, answer, self.functions, self._now())
        self._running.discard(instance_id)
        self._wake(orchestration)
        remarks = [*outcome.remarks]
        for child in outcome.children:
            if self._is_taken(child):
                remarks.append(_duplicate(child))
            else:
                self._begin(child)
        for message in outcome.messages:
            self.deliver(message)
        if orchestration.status.is_final:
            self._keep(orchestration)
        return Outcome(outcome.work, remarks=tuple(remarks))

    def complete(self, work: ActivityWork, result: ActivityResult) -> None:
        """Takes an activity's result."""
        now, task_id = self._now(), work.task_id
        if isinstance(result, Failed):
            event = events.task_failed(task_id, result.reason, result.details, now)
        else:
            event = events.task_completed(task_id, result.value, now)
        self.deliver(Message(work.execution.instance_id, event, work.execution.execution_id))

    def fire(self, timer: TimerWork) -> None:
        """Takes a timer that is due."""
        self.deliver(timer.message)

    def deliver(self, message: Message) -> None:
        """Gives a message to its orchestration, if that still waits for such."""
        orchestration = self.find(message.instance_id)
        if orchestration is not None:
            orchestration.receive(message)
            self._wake(orchestration)

    def _send(self, instance_id: str, event: Event) -> None:
        self.deliver(Message(instance_id, event))

    def _begin(self, start: Start) -> None:
        instance_id = start.execution.instance_id
        self._kept.forget(instance_id)
        orchestration = Orchestration(start, self._now())
        self._orchestrations[instance_id] = orchestration
        self._wake(orchestration)

    def _wake(self, orchestration: Orchestration) -> None:
        instance_id = orchestration.start.execution.instance_id
        if orchestration.has_work and instance_id not in self._running:
            self._ready[instance_id] = None

    def _keep(self, orchestration: Orchestration) -> None:
        for forgotten in self._kept.add(orchestration):
            self._orchestrations.pop(forgotten, None)

    def _is_taken(self, child: Start) -> bool:
        other = self.find(child.execution.instance_id)
        return other is not None and not other.status.is_final

    def _now(self) -> str:
        return write_time(self._clock())


def _duplicate(child: Start) -> Remark:
    return Remark(
        Topic.DUPLICATE,
        f"a sub-orchestration of the id {child.execution.instance_id} runs already: as in Azure,"
        " no other one is started, and who waits for it waits forever",
    )
