"""The management API's requests that change an orchestration."""

import json
import uuid
from collections.abc import Callable, Mapping

from aiohttp import web

from devhost.durable.core.decisions import Status
from devhost.durable.core.hub import ExistsError, Hub
from devhost.durable.core.orchestration import Orchestration
from devhost.durable.engine import Engine
from devhost.durable.links import client_links
from devhost.json_payloads import write_json

_Change = Callable[[Hub, str, str], None]

_CHANGES: Mapping[str, _Change] = {
    "terminate": Hub.terminate,
    "suspend": Hub.suspend,
    "resume": Hub.resume,
}
_SUSPENDABLE = {Status.PENDING, Status.RUNNING}


async def start(engine: Engine, request: web.Request) -> web.Response:
    """Starts an orchestration; 409 if one with the same id has not ended, else it is replaced."""
    name = request.match_info["name"]
    if name not in engine.orchestrators:
        return _unknown_orchestrator(name, engine.orchestrators)
    instance_id = request.match_info.get("id") or uuid.uuid4().hex
    body, version = await request.text(), request.query.get("version")
    try:
        if body:
            json.loads(body)
        engine.use(lambda hub: hub.start(name, instance_id, body or None, version))
    except ExistsError as error:
        return web.json_response({"Message": str(error)}, status=409)
    return _accepted(request, instance_id)


async def raise_event(engine: Engine, request: web.Request) -> web.Response:
    """Sends an event to an orchestration.

    Python's client posts JSON text within JSON, and so the waiting orchestrator gets text:
    https://github.com/Azure/azure-functions-durable-python/issues/295
    """
    instance_id, event = request.match_info["id"], request.match_info["event"]
    refused = _refuse_unless_running(engine.use(lambda hub: hub.find(instance_id)))
    if refused is not None:
        return refused
    if request.content_type != "application/json":
        message = "Only application/json request content is supported"
        return web.json_response({"Message": message}, status=400)
    data = write_json(json.loads(await request.text()))
    engine.use(lambda hub: hub.raise_event(instance_id, event, data))
    return web.Response(status=202)


async def operate(engine: Engine, request: web.Request) -> web.Response:
    """Terminates, suspends, resumes, rewinds or restarts an orchestration."""
    operation = request.match_info["operation"].lower()
    if operation == "restart":
        return _restart(engine, request)
    if operation == "rewind":
        return _rewind(engine, request)
    change = _CHANGES.get(operation)
    if change is None:
        return web.Response(status=404)
    instance_id, reason = request.match_info["id"], request.query.get("reason", "")
    orchestration = engine.use(lambda hub: hub.find(instance_id))
    refused = _refuse_unless_running(orchestration) or _refuse_twice(orchestration, operation)
    if refused is not None:
        return refused
    engine.use(lambda hub: change(hub, instance_id, reason))
    return web.Response(status=202)


def _restart(engine: Engine, request: web.Request) -> web.Response:
    old_id = request.match_info["id"]
    before = engine.use(lambda hub: hub.find(old_id))
    if before is None:
        message = "InstanceId does not match a valid orchestration instance."
        return web.json_response({"Message": message}, status=400)
    is_new = request.query.get("restartWithNewInstanceId", "true").lower() != "false"
    instance_id = uuid.uuid4().hex if is_new else old_id
    old = before.start
    try:
        engine.use(lambda hub: hub.start(old.name, instance_id, old.input, old.version))
    except ExistsError as error:
        return web.json_response({"Message": str(error)}, status=409)
    return _accepted(request, instance_id)


def _rewind(engine: Engine, request: web.Request) -> web.Response:
    instance_id, reason = request.match_info["id"], request.query.get("reason", "")
    orchestration = engine.use(lambda hub: hub.find(instance_id))
    if orchestration is None:
        return web.Response(status=404)
    if orchestration.status is not Status.FAILED:
        text = (
            f"This orchestration has status {orchestration.status.value}, but only orchestrations"
            ' in the "Failed" state can be rewound.'
        )
        return web.json_response(text, status=412)
    engine.use(lambda hub: hub.rewind(instance_id, reason))
    return web.Response(status=202)


def _refuse_unless_running(orchestration: Orchestration | None) -> web.Response | None:
    if orchestration is None:
        return web.Response(status=404)
    return web.Response(status=410) if orchestration.status.is_final else None


def _refuse_twice(orchestration: Orchestration | None, operation: str) -> web.Response | None:
    """Refuses to suspend twice, or to resume before a suspension, as the extension does."""
    if orchestration is None or operation == "terminate":
        return None
    status = orchestration.status
    if (status in _SUSPENDABLE) == (operation == "suspend"):
        return None
    instance_id = orchestration.start.execution.instance_id
    text = (
        f"Cannot {operation} the orchestration instance {instance_id} because instance is in the"
        f" {status.value} state."
    )
    message = "Something went wrong while processing your request"
    kind = "System.InvalidOperationException"
    document = {"Message": message, "ExceptionMessage": text, "ExceptionType": kind}
    return web.json_response(document, status=500)


def _accepted(request: web.Request, instance_id: str) -> web.Response:
    path = request.path.partition("/orchestrators/")[0].partition("/instances/")[0]
    links = client_links(str(request.url.origin()) + path, instance_id)
    headers = {"Location": links["statusQueryGetUri"], "Retry-After": "10"}
    return web.json_response(links, status=202, headers=headers)


def _unknown_orchestrator(name: str, known: list[str]) -> web.Response:
    message = (
        f"The function '{name}' doesn't exist, is disabled, or is not an orchestrator function."
        f" The following are the known orchestrator functions: {known}."
    )
    return web.json_response({"Message": message, "ExceptionMessage": message}, status=400)
