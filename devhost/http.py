"""Serves HTTP triggers on aiohttp."""

import logging
import time
from typing import Any

import azure.functions as func
from aiohttp import web
from azure.functions.http import HttpResponseConverter

from devhost.invocation import Invoker
from devhost.routes import Route

MAX_BODY = 100 * 1024 * 1024
"""The real host's default limit of a request, in bytes."""

_LOG = logging.getLogger("devhost")
_ACCESS = logging.getLogger("devhost.access")


class HttpTriggers:
    """Answers requests with the functions that they are routed to."""

    def __init__(self, routes: list[Route], invoker: Invoker) -> None:
        self._routes = routes
        self._invoker = invoker

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one request; 404 where no route matches its path and method."""
        started = time.perf_counter()
        response = await self._answer(request)
        milliseconds = (time.perf_counter() - started) * 1000
        _ACCESS.info(
            "%s %s %d %.1f ms", request.method, request.path_qs, response.status, milliseconds
        )
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        for route in self._routes:
            parameters = route.match(request.method, request.rel_url.raw_path)
            if parameters is not None:
                return await self._invoke(route, request, parameters)
        return web.Response(status=404)

    async def _invoke(
        self, route: Route, request: web.Request, parameters: dict[str, str]
    ) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        try:
            answer = await self._invoker.call(
                route.function, _functions_request(request, parameters, body)
            )
            return _web_response(answer)
        except Exception:  # noqa: BLE001 - it is user code
            _LOG.exception("Function %s failed", route.function.name)
            return web.Response(status=500)


def _functions_request(
    request: web.Request, parameters: dict[str, str], body: bytes
) -> func.HttpRequest:
    return func.HttpRequest(
        method=request.method,
        url=str(request.url),
        headers={k: ",".join(request.headers.getall(k)) for k in request.headers},
        params={k: ",".join(request.query.getall(k)) for k in request.query},
        route_params=parameters,
        body=body,
    )


def _web_response(answer: object) -> web.Response:
    if answer is None:
        return web.Response(status=204)
    datum: Any = HttpResponseConverter.encode(answer, expected_type=None)
    if datum.type == "string":
        return web.Response(text=datum.value)
    parts: dict[str, Any] = datum.value
    response = web.Response(
        status=int(parts["status_code"].value),
        body=parts["body"].value,
        headers={name: value.value for name, value in parts["headers"].items()},
    )
    for cookies in parts["cookies"] or ():
        for morsel in cookies.values():
            response.headers.add("Set-Cookie", morsel.OutputString())
    return response
