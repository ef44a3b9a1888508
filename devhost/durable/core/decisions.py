"""Decisions: the actions that a replay took and that its history does not have yet."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias

from devhost.durable.core.events import Event


class Status(Enum):
    """The states of an orchestration, by the names that the durable HTTP API gives them."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUSPENDED = "Suspended"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"

    @property
    def is_final(self) -> bool:
        """Tells whether the orchestration has ended."""
        return self in {Status.COMPLETED, Status.FAILED, Status.TERMINATED}


@dataclass(frozen=True)
class ScheduleActivity:
    """Calls an activity; the input is JSON."""

    task_id: int
    name: str
    input: str | None


@dataclass(frozen=True)
class CreateSubOrchestration:
    """Starts a sub-orchestration; the input is JSON text, which travels as a JSON string."""

    task_id: int
    name: str
    instance_id: str
    input: str | None


@dataclass(frozen=True)
class SetTimer:
    """Sets a timer."""

    task_id: int
    fire_at: datetime


@dataclass(frozen=True)
class Complete:
    """Ends the execution.

    Attributes:
        task_id: Its place in the order of decisions.
        status: The state that it ends in.
        result: The output as JSON, or the reason of a failure or a termination.
        details: More about a failure, for the parent orchestration.
    """

    task_id: int
    status: Status
    result: str | None
    details: str | None = None


@dataclass(frozen=True)
class StartOver:
    """Ends the execution and begins the next one with events that came too late for this one."""

    task_id: int
    input: str | None
    carried_over: tuple[Event, ...]


Decision: TypeAlias = ScheduleActivity | CreateSubOrchestration | SetTimer | Complete | StartOver
