"""Compares the decisions of a replay with those that its history records."""

from devhost.durable.core.decisions import (
    CreateSubOrchestration,
    Decision,
    ScheduleActivity,
    SetTimer,
)
from devhost.durable.core.events import Event, EventType

_RECORDED: dict[EventType, tuple[type[Decision], str]] = {
    EventType.TASK_SCHEDULED: (ScheduleActivity, "an activity task"),
    EventType.SUB_ORCHESTRATION_CREATED: (CreateSubOrchestration, "a sub-orchestration task"),
    EventType.TIMER_CREATED: (SetTimer, "a timer task"),
}


class NonDeterminismError(Exception):
    """The replay takes other decisions than the history records."""


def confirm(decisions: dict[int, Decision], event: Event) -> None:
    """Strikes off the decision that an event of the history records.

    Raises:
        NonDeterminismError: The replay has not taken it, or has taken another one in its place.
    """
    decision = decisions.get(event.event_id)
    kind, _ = _RECORDED[event.type]
    if decision is None:
        raise _contradiction(event, "execution hasn't (yet?) scheduled this task")
    recorded, own = event.fields.get("Name", ""), getattr(decision, "name", "")
    if not isinstance(decision, kind) or own.lower() != recorded.lower():
        raise _contradiction(event, f"instead produced {decision} with this sequence ID")
    del decisions[event.event_id]


def _contradiction(event: Event, instead: str) -> NonDeterminismError:
    recorded = f"{_RECORDED[event.type][1]} with sequence ID {event.event_id}"
    if "Name" in event.fields:
        recorded += (
            f" and name '{event.fields['Name']}' (version '{event.fields['Version'] or ''}')"
        )
    return NonDeterminismError(
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled"
        f" {recorded}, but the current replay {instead}. Was a change made to the orchestrator code"
        " after this instance had already started running?"
    )
