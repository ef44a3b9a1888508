"""Takes the failures of an orchestration out of its history."""

from collections.abc import Sequence
from dataclasses import replace

from devhost.durable.core.events import Event, EventType

_TAKEN_BACK = {
    EventType.EXECUTION_COMPLETED,
    EventType.TASK_FAILED,
    EventType.SUB_ORCHESTRATION_FAILED,
}


def rewound(history: Sequence[Event]) -> tuple[list[Event], list[str]]:
    """Gives the history without failures, and the ids of the sub-orchestrations that failed.

    Failed activities are called again. A sub-orchestration that failed is still waited for.
    """
    failed = {event.task_id for event in history if event.type is EventType.TASK_FAILED}
    children = {
        event.task_id for event in history if event.type is EventType.SUB_ORCHESTRATION_FAILED
    }
    without = [
        replace(event, type=EventType.GENERIC, fields={"Data": None})
        if event.type in _TAKEN_BACK or _schedules(event, failed)
        else event
        for event in history
    ]
    started = [event for event in history if event.type is EventType.SUB_ORCHESTRATION_CREATED]
    ids = [event.fields["InstanceId"] for event in started if event.event_id in children]
    return without, ids


def _schedules(event: Event, task_ids: set[int]) -> bool:
    return event.type is EventType.TASK_SCHEDULED and event.event_id in task_ids
