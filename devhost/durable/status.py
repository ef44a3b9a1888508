"""The status of an orchestration, in the JSON of the durable HTTP API."""

from collections.abc import Sequence

from devhost.durable.core.events import Event, EventType
from devhost.durable.core.orchestration import Orchestration
from devhost.json_payloads import Json, read_json, read_time

_NAMES = {
    EventType.EXECUTION_STARTED: "ExecutionStarted",
    EventType.EXECUTION_COMPLETED: "ExecutionCompleted",
    EventType.EXECUTION_TERMINATED: "ExecutionTerminated",
    EventType.TASK_SCHEDULED: "TaskScheduled",
    EventType.TASK_COMPLETED: "TaskCompleted",
    EventType.TASK_FAILED: "TaskFailed",
    EventType.SUB_ORCHESTRATION_CREATED: "SubOrchestrationInstanceCreated",
    EventType.SUB_ORCHESTRATION_COMPLETED: "SubOrchestrationInstanceCompleted",
    EventType.SUB_ORCHESTRATION_FAILED: "SubOrchestrationInstanceFailed",
    EventType.TIMER_CREATED: "TimerCreated",
    EventType.TIMER_FIRED: "TimerFired",
    EventType.EVENT_RAISED: "EventRaised",
    EventType.GENERIC: "GenericEvent",
    EventType.EXECUTION_SUSPENDED: "ExecutionSuspended",
    EventType.EXECUTION_RESUMED: "ExecutionResumed",
}
_HIDDEN = {"OrchestrationInstance", "ParentInstance", "Version", "TimerId", "TaskScheduledId"}
_SCHEDULING = {EventType.TASK_SCHEDULED, EventType.SUB_ORCHESTRATION_CREATED}
_ENDING = {
    EventType.TASK_COMPLETED,
    EventType.TASK_FAILED,
    EventType.SUB_ORCHESTRATION_COMPLETED,
    EventType.SUB_ORCHESTRATION_FAILED,
}


def describe(orchestration: Orchestration, *, show_input: bool) -> dict[str, Json]:
    """Gives a status; the input is text within JSON where the Python client has started it."""
    start = orchestration.start
    parent = start.parent and {"parentInstanceId": start.parent.execution.instance_id}
    return {
        "name": start.name,
        "instanceId": start.execution.instance_id,
        **(parent or {}),
        "runtimeStatus": orchestration.status.value,
        "input": read_json(start.input) if show_input else None,
        "customStatus": orchestration.custom_status,
        "output": read_json(orchestration.output),
        "createdTime": _in_seconds(orchestration.created),
        "lastUpdatedTime": _in_seconds(orchestration.updated),
    }


def describe_history(
    history: Sequence[Event], *, show_output: bool, show_input: bool
) -> list[dict[str, Json]]:
    """Gives a history in the form for people: a call is shown once, with its result if it has one.

    Episodes are left out.
    """
    scheduled = {event.event_id: event for event in history if event.type in _SCHEDULING}
    over = {event.task_id for event in history if event.type in _ENDING}
    shown: list[dict[str, Json]] = []
    for event in history:
        if event.type not in _NAMES or (event.type in _SCHEDULING and event.event_id in over):
            continue
        document = _describe_event(event)
        if event.type in _ENDING:
            document |= _describe_call(scheduled.get(event.task_id))
        if "Result" in document:
            document["Result"] = read_json(document["Result"])
            if not show_output:
                del document["Result"]
        if not show_input:
            document.pop("Input", None)
        shown.append(document)
    return shown


def _describe_event(event: Event) -> dict[str, Json]:
    fields = {key: value for key, value in event.fields.items() if key not in _HIDDEN}
    if event.type is EventType.EXECUTION_STARTED:
        fields["FunctionName"] = fields.pop("Name")
        del fields["Tags"]
    return {"EventType": _NAMES[event.type], **fields, "Timestamp": event.timestamp}


def _describe_call(scheduled: Event | None) -> dict[str, Json]:
    if scheduled is None:
        return {}
    fields = scheduled.fields
    document = {"ScheduledTime": scheduled.timestamp, "FunctionName": fields["Name"], "Input": None}
    if "InstanceId" in fields:
        document["InstanceId"] = fields["InstanceId"]
    return document


def _in_seconds(time: str) -> str:
    return read_time(time).strftime("%Y-%m-%dT%H:%M:%SZ")
