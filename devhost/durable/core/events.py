"""The events of an orchestration's history.

A history is the list of all that was decided and all that came back, in episodes: each begins with
ORCHESTRATOR_STARTED and the messages that were delivered, and ends with the decisions that the
orchestrator took and ORCHESTRATOR_COMPLETED. Types, names and ids are those of the durable
extension, because the SDK's executor reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property

from devhost.json_payloads import Json, write_json

_NO_TRACE: Mapping[str, Json] = {"ParentTraceContext": None}


class EventType(IntEnum):
    """The kinds of events, with the numbers of the Durable Task Framework."""

    EXECUTION_STARTED = 0
    EXECUTION_COMPLETED = 1
    EXECUTION_TERMINATED = 3
    TASK_SCHEDULED = 4
    TASK_COMPLETED = 5
    TASK_FAILED = 6
    SUB_ORCHESTRATION_CREATED = 7
    SUB_ORCHESTRATION_COMPLETED = 8
    SUB_ORCHESTRATION_FAILED = 9
    TIMER_CREATED = 10
    TIMER_FIRED = 11
    ORCHESTRATOR_STARTED = 12
    ORCHESTRATOR_COMPLETED = 13
    EVENT_RAISED = 15
    GENERIC = 17
    EXECUTION_SUSPENDED = 19
    EXECUTION_RESUMED = 20


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        type: Its kind.
        timestamp: When it happened, as ISO 8601.
        fields: The values that only events of this kind have, by the extension's names.
        event_id: The id of a decision; -1 for all other events.
        is_played: An episode has processed it. Decisions are never marked.
    """

    type: EventType
    timestamp: str
    fields: Mapping[str, Json]
    event_id: int = -1
    is_played: bool = False

    @property
    def task_id(self) -> int:
        """The id of the task that a completion belongs to."""
        fields = self.fields
        return fields["TimerId"] if "TimerId" in fields else fields["TaskScheduledId"]

    def played(self) -> "Event":
        """Marks the event as processed."""
        if self.type is EventType.ORCHESTRATOR_STARTED or self.is_played:
            return self
        return replace(self, is_played=True)

    @cached_property
    def text(self) -> str:
        """The event as JSON for the executor, which gets it again in each episode."""
        return write_json(
            {
                "EventType": self.type.value,
                **self.fields,
                "EventId": self.event_id,
                "IsPlayed": self.is_played,
                "Timestamp": self.timestamp,
            }
        )


def orchestrator_started(now: str) -> Event:
    """Begins an episode; its time is the orchestrator's current time."""
    return Event(EventType.ORCHESTRATOR_STARTED, now, {})


def orchestrator_completed(now: str) -> Event:
    """Ends an episode."""
    return Event(EventType.ORCHESTRATOR_COMPLETED, now, {})


def execution_started(fields: Mapping[str, Json], now: str) -> Event:
    """Begins an execution; `fields` are its ids, parent, name, version, input and generation."""
    fixed = {"Tags": None, "Correlation": None, **_NO_TRACE}
    fixed |= {"ScheduledStartTime": None, "GenerateNewTrace": False}
    return Event(EventType.EXECUTION_STARTED, now, {**fields, **fixed})


def execution_completed(task_id: int, status: str, result: str | None, now: str) -> Event:
    """Ends an execution with its status and its result, which is JSON or a reason."""
    fields = {"OrchestrationStatus": status, "Result": result, "FailureDetails": None}
    return Event(EventType.EXECUTION_COMPLETED, now, fields, task_id)


def execution_terminated(reason: str, now: str) -> Event:
    """Ends the execution from outside."""
    return Event(EventType.EXECUTION_TERMINATED, now, {"Input": reason})


def execution_suspended(reason: str, now: str) -> Event:
    """Holds the execution."""
    return Event(EventType.EXECUTION_SUSPENDED, now, {"Reason": reason})


def execution_resumed(reason: str, now: str) -> Event:
    """Lets a suspended execution go on."""
    return Event(EventType.EXECUTION_RESUMED, now, {"Reason": reason})


def event_raised(name: str, data: str, now: str) -> Event:
    """Brings an external event with its data as JSON."""
    return Event(EventType.EVENT_RAISED, now, {"Name": name, "Input": data, **_NO_TRACE})


def task_scheduled(task_id: int, name: str, now: str) -> Event:
    """Calls an activity. Histories do not keep inputs."""
    fields = {"Name": name, "Version": "", "Input": None, **_NO_TRACE, "Tags": None}
    return Event(EventType.TASK_SCHEDULED, now, fields, task_id)


def task_completed(task_id: int, result: str | None, now: str) -> Event:
    """Brings an activity's result as JSON."""
    return Event(EventType.TASK_COMPLETED, now, {"TaskScheduledId": task_id, "Result": result})


def task_failed(task_id: int, reason: str, details: str | None, now: str) -> Event:
    """Brings an activity's failure."""
    fields = _failure(task_id, reason, details)
    return Event(EventType.TASK_FAILED, now, fields)


def sub_orchestration_created(task_id: int, name: str, instance_id: str, now: str) -> Event:
    """Starts a sub-orchestration."""
    fields = {"Name": name, "Version": None, "InstanceId": instance_id, "Input": None}
    fields |= {"ClientSpanId": None, "Tags": None}
    return Event(EventType.SUB_ORCHESTRATION_CREATED, now, fields, task_id)


def sub_orchestration_completed(task_id: int, result: str | None, now: str) -> Event:
    """Brings a sub-orchestration's output as JSON."""
    fields = {"TaskScheduledId": task_id, "Result": result}
    return Event(EventType.SUB_ORCHESTRATION_COMPLETED, now, fields)


def sub_orchestration_failed(task_id: int, reason: str, details: str | None, now: str) -> Event:
    """Brings a sub-orchestration's failure or the reason of its termination."""
    fields = _failure(task_id, reason, details)
    return Event(EventType.SUB_ORCHESTRATION_FAILED, now, fields)


def timer_created(task_id: int, fire_at: str, now: str) -> Event:
    """Sets a timer."""
    return Event(EventType.TIMER_CREATED, now, {"FireAt": fire_at}, task_id)


def timer_fired(task_id: int, fire_at: str, now: str) -> Event:
    """Brings a timer; its timestamp is that of its creation."""
    return Event(EventType.TIMER_FIRED, now, {"TimerId": task_id, "FireAt": fire_at})


def generic(event_id: int, data: str | None, now: str) -> Event:
    """Stands in the place of an event that a rewind has taken back."""
    return Event(EventType.GENERIC, now, {"Data": data}, event_id)


def _failure(task_id: int, reason: str, details: str | None) -> dict[str, Json]:
    return {
        "TaskScheduledId": task_id,
        "Reason": reason,
        "Details": details,
        "FailureDetails": None,
    }
