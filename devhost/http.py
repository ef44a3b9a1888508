"""Serves HTTP triggers on aiohttp."""

import logging
import time
from collections.abc import Mapping

from aiohttp import web

from devhost.routes import Route
from devhost.workers.calls import HttpCall, HttpReply, Workers

MAX_BODY = 100 * 1024 * 1024
"""The real host's default limit of a request, in bytes."""

_ACCESS = logging.getLogger("devhost.access")


class HttpTriggers:
    """Answers requests with the functions that they are routed to."""

    def __init__(self, routes: list[Route], workers: Workers) -> None:
        self._routes = routes
        self._workers = workers

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
        self, route: Route, request: web.Request, parameters: Mapping[str, str]
    ) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        call = HttpCall(
            method=request.method,
            url=str(request.url),
            headers={k: ",".join(request.headers.getall(k)) for k in request.headers},
            query=_query(request),
            route=parameters,
            # The real host hands on bodies of a known length only.
            body=body if "Content-Length" in request.headers else b"",
        )
        reply = await self._workers.call(route.function.name, call)
        return _response(reply) if isinstance(reply, HttpReply) else web.Response(status=500)


def _query(request: web.Request) -> dict[str, str]:
    """Gives the parameters of the query; the real host drops empty ones."""
    joined = {k: ",".join(request.query.getall(k)) for k in request.query}
    return {name: value for name, value in joined.items() if value}


def _response(reply: HttpReply) -> web.Response:
    response = web.Response(status=reply.status, body=reply.body)
    for name, value in reply.headers:
        if name.lower() == "set-cookie":
            response.headers.add(name, value)
        else:
            response.headers[name] = value
    return response
