"""The status of an orchestration, in the JSON of the durable HTTP API."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from devhost.durable.hub import DurableHub
from devhost.durable.tasks import Json

FINISHED = (
    pb.ORCHESTRATION_STATUS_COMPLETED,
    pb.ORCHESTRATION_STATUS_FAILED,
    pb.ORCHESTRATION_STATUS_TERMINATED,
    pb.ORCHESTRATION_STATUS_CANCELED,
)
_NAMES = {
    pb.ORCHESTRATION_STATUS_RUNNING: "Running",
    pb.ORCHESTRATION_STATUS_COMPLETED: "Completed",
    pb.ORCHESTRATION_STATUS_CONTINUED_AS_NEW: "ContinuedAsNew",
    pb.ORCHESTRATION_STATUS_FAILED: "Failed",
    pb.ORCHESTRATION_STATUS_CANCELED: "Canceled",
    pb.ORCHESTRATION_STATUS_TERMINATED: "Terminated",
    pb.ORCHESTRATION_STATUS_PENDING: "Pending",
    pb.ORCHESTRATION_STATUS_SUSPENDED: "Suspended",
}


async def find_state(hub: DurableHub, instance_id: str) -> pb.OrchestrationState | None:
    """Finds an orchestration; None if there is none with that id."""
    wanted = pb.GetInstanceRequest(instanceId=instance_id, getInputsAndOutputs=True)
    answer = await asyncio.to_thread(hub.stub.GetInstance, wanted)
    return answer.orchestrationState if answer.exists else None


def read_json(text: str) -> Json:
    """Reads a payload; one that is not JSON is given as it is."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def status_name(status: pb.OrchestrationStatus) -> str:
    """Names a status as the API does."""
    return _NAMES.get(status, "Unknown")


def status_value(name: str) -> pb.OrchestrationStatus | None:
    """Reads a status from its name, in any case; None if there is none of that name."""
    for value, known in _NAMES.items():
        if known.lower() == name.lower():
            return value
    return None


def describe(state: pb.OrchestrationState, *, show_input: bool) -> dict[str, Any]:
    """Gives the status that `DurableOrchestrationStatus.from_json` reads.

    `input` is the JSON text, as it is in Azure for what the Python client started.
    """
    return {
        "name": state.name,
        "instanceId": state.instanceId,
        "runtimeStatus": status_name(state.orchestrationStatus),
        "input": (state.input.value or None) if show_input else None,
        "customStatus": read_json(state.customStatus.value),
        "output": _output(state),
        "createdTime": _time(state.createdTimestamp),
        "lastUpdatedTime": _time(state.lastUpdatedTimestamp),
    }


def describe_event(event: pb.HistoryEvent, *, show_output: bool) -> dict[str, Any]:
    """Gives one event of a history."""
    kind = event.WhichOneof("eventType") or "unknown"
    details = MessageToDict(getattr(event, kind)) if kind != "unknown" else {}
    if not show_output:
        details = {k: v for k, v in details.items() if k not in {"result", "input"}}
    described = {k[:1].upper() + k[1:]: v for k, v in details.items()}
    return {
        "EventType": kind[:1].upper() + kind[1:],
        "Timestamp": _time(event.timestamp),
    } | described


def _output(state: pb.OrchestrationState) -> Json:
    if state.orchestrationStatus == pb.ORCHESTRATION_STATUS_FAILED:
        message = state.failureDetails.errorMessage
        return f"Orchestrator function '{state.name}' failed: {message}"
    return read_json(state.output.value)


def _time(timestamp: Timestamp) -> str:
    return timestamp.ToDatetime(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def read_time(text: str) -> Timestamp:
    """Reads an ISO 8601 time, in UTC where it names no zone.

    Raises:
        ValueError: It is not one.
    """
    moment = datetime.fromisoformat(text)
    timestamp = Timestamp()
    timestamp.FromDatetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return timestamp
