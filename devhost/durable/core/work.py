"""The things that go into an orchestration and come out of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from devhost.durable.core.events import Event
from devhost.durable.core.suspicions import Remark
from devhost.json_payloads import Json


@dataclass(frozen=True)
class Execution:
    """One execution of an orchestration; continuing as new begins another."""

    instance_id: str
    execution_id: str

    def document(self) -> Json:
        """Gives the ids as histories have them."""
        return {"InstanceId": self.instance_id, "ExecutionId": self.execution_id}


@dataclass(frozen=True)
class Parent:
    """The task of an orchestration that waits for a sub-orchestration."""

    execution: Execution
    name: str
    task_id: int

    def document(self) -> Json:
        """Gives the parent as histories have it."""
        return {
            "Name": self.name,
            "OrchestrationInstance": self.execution.document(),
            "TaskScheduleId": self.task_id,
            "Version": None,
        }


@dataclass(frozen=True)
class Start:
    """An orchestration to begin.

    Attributes:
        execution: Its ids.
        name: The orchestrator.
        input: JSON; None if there is none.
        parent: The task that waits for it.
        generation: The number of times its id was begun again; None for sub-orchestrations.
        version: The version that it was started with; the orchestrator may look at it.
    """

    execution: Execution
    name: str
    input: str | None
    parent: Parent | None = None
    generation: int | None = None
    version: str | None = None


@dataclass(frozen=True)
class Message:
    """An event for an orchestration: for one execution of it, or for whichever there is."""

    instance_id: str
    event: Event
    execution_id: str | None = None


@dataclass(frozen=True)
class Episode:
    """An orchestrator to run: `request` is the JSON that the SDK's executor reads."""

    execution: Execution
    name: str
    request: str


@dataclass(frozen=True)
class ActivityWork:
    """An activity to run for a task; the input is JSON."""

    execution: Execution
    task_id: int
    name: str
    input: str | None


@dataclass(frozen=True)
class TimerWork:
    """A message to send at a time."""

    message: Message
    due: datetime


Work: TypeAlias = ActivityWork | TimerWork


@dataclass(frozen=True)
class Outcome:
    """The consequences of one episode.

    Attributes:
        work: Activities and timers, in the order of the decisions.
        children: Sub-orchestrations to begin.
        messages: Messages to other orchestrations.
        remarks: Remarks on the orchestrator for the log.
    """

    work: tuple[Work, ...] = ()
    children: tuple[Start, ...] = ()
    messages: tuple[Message, ...] = ()
    remarks: tuple[Remark, ...] = ()
