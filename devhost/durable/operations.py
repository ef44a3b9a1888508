"""The management API's requests that change an orchestration."""

import asyncio
import json
import uuid
from collections.abc import Callable
from typing import Any

import durabletask.internal.orchestrator_service_pb2 as pb
from aiohttp import web
from google.protobuf.wrappers_pb2 import StringValue

from devhost.durable.channel import CallError
from devhost.durable.hub import DurableHub
from devhost.durable.status import FINISHED, find_state, read_json

_Call = Callable[[Any], Any]


async def start(hub: DurableHub, request: web.Request) -> web.Response:
    """Starts an orchestration; 409 if one with the same id has not ended, else it is replaced."""
    name = request.match_info["name"]
    if name not in hub.functions.orchestrators:
        return _unknown_orchestrator(name, sorted(hub.functions.orchestrators))
    instance_id = request.match_info.get("id") or uuid.uuid4().hex
    version = request.query.get("version")
    creation = pb.CreateInstanceRequest(
        instanceId=instance_id,
        name=name,
        input=StringValue(value=_input(await request.text())),
        version=StringValue(value=version) if version else None,
        orchestrationIdReusePolicy=pb.OrchestrationIdReusePolicy(replaceableStatus=FINISHED),
    )
    try:
        await asyncio.to_thread(hub.stub.StartInstance, creation)
    except CallError:
        message = f"An orchestration with the id '{instance_id}' exists and has not ended."
        return web.json_response({"Message": message, "ExceptionMessage": message}, status=409)
    return _accepted(request, instance_id)


async def raise_event(hub: DurableHub, request: web.Request) -> web.Response:
    """Sends an event to an orchestration.

    What Python's client posts is JSON text within JSON, and so the waiting orchestrator gets text:
    https://github.com/Azure/azure-functions-durable-python/issues/295
    """
    if request.content_type != "application/json":
        message = "Only application/json request content is supported"
        return web.json_response({"Message": message}, status=400)
    event = pb.RaiseEventRequest(
        instanceId=request.match_info["id"],
        name=request.match_info["event"],
        input=StringValue(value=await request.text()),
    )
    return await _while_running(hub, hub.stub.RaiseEvent, event)


async def operate(hub: DurableHub, request: web.Request) -> web.Response:
    """Terminates, suspends, resumes, rewinds or restarts an orchestration."""
    instance_id, operation = request.match_info["id"], request.match_info["operation"]
    reason, stub = request.query.get("reason", ""), hub.stub
    text = StringValue(value=reason)
    match operation:
        case "terminate":
            output = StringValue(value=json.dumps(reason))
            end = pb.TerminateRequest(instanceId=instance_id, output=output)
            return await _while_running(hub, stub.TerminateInstance, end)
        case "suspend":
            pause = pb.SuspendRequest(instanceId=instance_id, reason=text)
            return await _while_running(hub, stub.SuspendInstance, pause)
        case "resume":
            go_on = pb.ResumeRequest(instanceId=instance_id, reason=text)
            return await _while_running(hub, stub.ResumeInstance, go_on)
        case "rewind":
            rewind = pb.RewindInstanceRequest(instanceId=instance_id, reason=text)
            return await _once_ended(hub, request, stub.RewindInstance, rewind)
        case "restart":
            new_id = request.query.get("restartWithNewInstanceId", "true").lower() == "true"
            again = pb.RestartInstanceRequest(
                instanceId=instance_id, restartWithNewInstanceId=new_id
            )
            return await _once_ended(hub, request, stub.RestartInstance, again)
        case _:
            message = f"The local host does not emulate '{operation}'."
            return web.json_response({"Message": message}, status=501)


async def _while_running(hub: DurableHub, call: _Call, message: Any) -> web.Response:  # noqa: ANN401
    state = await find_state(hub, message.instanceId)
    if state is None:
        return web.Response(status=404)
    if state.orchestrationStatus in FINISHED:
        return web.Response(status=410)
    await asyncio.to_thread(call, message)
    return web.Response(status=202)


async def _once_ended(
    hub: DurableHub,
    request: web.Request,
    call: _Call,
    message: Any,  # noqa: ANN401
) -> web.Response:
    if await find_state(hub, message.instanceId) is None:
        return web.Response(status=404)
    try:
        answer = await asyncio.to_thread(call, message)
    except CallError:
        return web.Response(status=410)
    return _accepted(request, getattr(answer, "instanceId", "") or message.instanceId)


def _input(body: str) -> str:
    """Python's client posts the input as JSON text within JSON; others post it as it is."""
    value = read_json(body)
    return value if isinstance(value, str) else body


def _accepted(request: web.Request, instance_id: str) -> web.Response:
    base = str(request.url.origin()) + request.path.rpartition("/orchestrators/")[0]
    if "/instances/" in request.path:
        base = str(request.url.origin()) + request.path.rpartition("/instances/")[0]
    status = f"{base}/instances/{instance_id}"
    links = {"id": instance_id, "statusQueryGetUri": status, "purgeHistoryDeleteUri": status}
    return web.json_response(links, status=202, headers={"Location": status})


def _unknown_orchestrator(name: str, known: list[str]) -> web.Response:
    message = (
        f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function."
        f" The following are the known orchestrator functions: {known}."
    )
    return web.json_response({"Message": message, "ExceptionMessage": message}, status=400)
