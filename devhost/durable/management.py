"""The HTTP API of Durable Functions, as far as `DurableOrchestrationClient` uses it.

It has a random key in its path and answers the loopback interface alone: whoever reaches it can
start and end any orchestration. Reference:
https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api
"""

import ipaddress
import json
import secrets
from collections.abc import Awaitable, Callable

from aiohttp import web

from devhost.durable import operations, queries
from devhost.durable.engine import Engine
from devhost.durable.links import client_links

_Handler = Callable[[Engine, web.Request], Awaitable[web.Response]]


class ManagementApi:
    """The API's routes, and the client binding that names them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._prefix = f"/runtime/webhooks/durabletask/{secrets.token_urlsafe(24)}"

    def routes(self) -> list[web.RouteDef]:
        """Gives the routes to serve."""
        start, every = f"{self._prefix}/orchestrators/", f"{self._prefix}/instances"
        one = every + "/{id}"
        return [
            web.post(start + "{name}", self._local(operations.start)),
            web.post(start + "{name}/{id}", self._local(operations.start)),
            web.post(one + "/raiseEvent/{event}", self._local(operations.raise_event)),
            web.post(one + "/{operation}", self._local(operations.operate)),
            *(web.get(path, self._local(queries.query)) for path in (every, every + "/")),
            web.get(one, self._local(queries.show)),
            *(web.delete(path, self._local(queries.purge_many)) for path in (every, every + "/")),
            web.delete(one, self._local(queries.purge)),
        ]

    def binding(self, base_url: str) -> str:
        """Gives the value of a durable client input, as JSON."""
        base = base_url + self._prefix
        start = f"{base}/orchestrators/{{functionName}}[/{{instanceId}}]"
        binding = {
            "taskHubName": self._engine.options.name,
            "creationUrls": {"createNewInstancePostUri": start},
            "managementUrls": client_links(base, "INSTANCEID"),
            "baseUrl": base,
            "rpcBaseUrl": base + "/",
        }
        return json.dumps(binding)

    def _local(self, handler: _Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def handle(request: web.Request) -> web.Response:
            if not _is_local(request):
                return web.Response(status=403)
            try:
                return await handler(self._engine, request)
            except ValueError as error:
                return web.json_response({"Message": str(error)}, status=400)

        return handle


def _is_local(request: web.Request) -> bool:
    return request.remote is not None and ipaddress.ip_address(request.remote).is_loopback
