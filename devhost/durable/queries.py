"""The management API's requests that read and purge orchestrations."""

import asyncio

import durabletask.internal.orchestrator_service_pb2 as pb
from aiohttp import web
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import StringValue

from devhost.durable.hub import DurableHub
from devhost.durable.status import (
    FINISHED,
    describe,
    describe_event,
    find_state,
    read_time,
    status_value,
)


async def show(hub: DurableHub, request: web.Request) -> web.Response:
    """Shows one orchestration: 200 once it has ended, 202 before, 404 if there is none."""
    instance_id = request.match_info["id"]
    state = await find_state(hub, instance_id)
    if state is None:
        return web.Response(status=404)
    status = describe(state, show_input=_flag(request, "showInput"))
    if _flag(request, "showHistory"):
        events = await asyncio.to_thread(_history, hub, instance_id)
        outputs = _flag(request, "showHistoryOutput")
        status["historyEvents"] = [describe_event(event, show_output=outputs) for event in events]
    finished = state.orchestrationStatus in FINISHED
    return web.json_response(status, status=200 if finished else 202)


async def query(hub: DurableHub, request: web.Request) -> web.Response:
    """Lists the orchestrations that match the query."""
    prefix = request.query.get("instanceIdPrefix")
    matching = pb.InstanceQuery(
        runtimeStatus=_statuses(request),
        createdTimeFrom=_time(request, "createdTimeFrom"),
        createdTimeTo=_time(request, "createdTimeTo"),
        instanceIdPrefix=StringValue(value=prefix) if prefix else None,
        fetchInputsAndOutputs=True,
    )
    answer = await asyncio.to_thread(
        hub.stub.QueryInstances, pb.QueryInstancesRequest(query=matching)
    )
    show_input = _flag(request, "showInput")
    states = answer.orchestrationState
    return web.json_response([describe(state, show_input=show_input) for state in states])


async def purge(hub: DurableHub, request: web.Request) -> web.Response:
    """Forgets one orchestration that has ended."""
    return await _purged(hub, pb.PurgeInstancesRequest(instanceId=request.match_info["id"]))


async def purge_many(hub: DurableHub, request: web.Request) -> web.Response:
    """Forgets the orchestrations that have ended and match the query."""
    matching = pb.PurgeInstanceFilter(
        runtimeStatus=_statuses(request),
        createdTimeFrom=_time(request, "createdTimeFrom"),
        createdTimeTo=_time(request, "createdTimeTo"),
    )
    return await _purged(hub, pb.PurgeInstancesRequest(purgeInstanceFilter=matching))


async def _purged(hub: DurableHub, request: pb.PurgeInstancesRequest) -> web.Response:
    answer = await asyncio.to_thread(hub.stub.PurgeInstances, request)
    count = answer.deletedInstanceCount
    return web.json_response({"instancesDeleted": count}, status=200 if count else 404)


def _history(hub: DurableHub, instance_id: str) -> list[pb.HistoryEvent]:
    chunks = hub.stub.StreamInstanceHistory(pb.StreamInstanceHistoryRequest(instanceId=instance_id))
    return [event for chunk in chunks for event in chunk.events]


def _flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def _statuses(request: web.Request) -> list[pb.OrchestrationStatus]:
    names = request.query.get("runtimeStatus", "").split(",")
    return [value for value in map(status_value, names) if value is not None]


def _time(request: web.Request, name: str) -> Timestamp | None:
    text = request.query.get(name)
    return read_time(text) if text else None
