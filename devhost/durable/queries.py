"""The management API's requests that read and purge orchestrations."""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from devhost.durable.core.hub import Hub
from devhost.durable.core.orchestration import Orchestration
from devhost.durable.engine import Engine
from devhost.durable.status import describe, describe_history
from devhost.json_payloads import Json, read_time

Filter = Callable[[Orchestration], bool]


async def show(engine: Engine, request: web.Request) -> web.Response:
    """Shows one orchestration: 200 once it has ended, 202 before, 404 if there is none."""
    instance_id = request.match_info["id"]
    status = engine.use(lambda hub: _describe(hub, instance_id, request))
    if status is None:
        return web.Response(status=404)
    if status["runtimeStatus"] in {"Completed", "Failed", "Terminated"}:
        return web.json_response(status)
    headers = {"Location": str(request.url), "Retry-After": "5"}
    return web.json_response(status, status=202, headers=headers)


async def query(engine: Engine, request: web.Request) -> web.Response:
    """Lists the orchestrations that match the query."""
    matches, show_input = _filter(request), _flag(request, "showInput", default=True)
    found = engine.use(
        lambda hub: [describe(one, show_input=show_input) for one in hub if matches(one)]
    )
    return web.json_response(found, headers={"x-ms-continuation-token": ""})


async def purge(engine: Engine, request: web.Request) -> web.Response:
    """Forgets one orchestration that has ended; 412 if it has not."""
    instance_id = request.match_info["id"]
    orchestration = engine.use(lambda hub: hub.find(instance_id))
    if orchestration is None:
        return web.Response(status=404)
    if not orchestration.status.is_final:
        text = (
            "Only orchestrations in a terminal state can be purged, but the orchestration with"
            f" instance ID {instance_id} has status {orchestration.status.value}"
        )
        return web.json_response(text, status=412)
    engine.use(lambda hub: hub.purge(instance_id))
    return web.json_response({"instancesDeleted": 1})


async def purge_many(engine: Engine, request: web.Request) -> web.Response:
    """Forgets the orchestrations that have ended and match the query."""
    if "createdTimeFrom" not in request.query:
        text = "Please provide value for 'createdTimeFrom' parameter."
        return web.json_response(text, status=400)
    matches = _filter(request)
    count = engine.use(lambda hub: _purge(hub, matches))
    return web.json_response({"instancesDeleted": count}) if count else web.Response(status=404)


def _describe(hub: Hub, instance_id: str, request: web.Request) -> dict[str, Json] | None:
    orchestration = hub.find(instance_id)
    if orchestration is None:
        return None
    show_input = _flag(request, "showInput", default=True)
    status = describe(orchestration, show_input=show_input)
    if _flag(request, "showHistory"):
        status["historyEvents"] = describe_history(
            orchestration.history,
            show_output=_flag(request, "showHistoryOutput"),
            show_input=show_input,
        )
    return status


def _purge(hub: Hub, matches: Filter) -> int:
    ended = [one for one in hub if one.status.is_final and matches(one)]
    for orchestration in ended:
        hub.purge(orchestration.start.execution.instance_id)
    return len(ended)


def _filter(request: web.Request) -> Filter:
    prefix = request.query.get("instanceIdPrefix", "")
    wanted = {name.lower() for name in request.query.get("runtimeStatus", "").split(",") if name}
    first, last = _time(request, "createdTimeFrom"), _time(request, "createdTimeTo")

    def matches(orchestration: Orchestration) -> bool:
        created = read_time(orchestration.created)
        return (
            orchestration.start.execution.instance_id.startswith(prefix)
            and (not wanted or orchestration.status.value.lower() in wanted)
            and (first is None or created >= first)
            and (last is None or created <= last)
        )

    return matches


def _flag(request: web.Request, name: str, *, default: bool = False) -> bool:
    value = request.query.get(name, "").lower()
    return value == "true" if value in {"true", "false"} else default


def _time(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    return read_time(text) if text else None
