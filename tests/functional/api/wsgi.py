"""The functional harness as a WSGI application, for clients that speak HTTP."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote
from wsgiref.util import request_uri

import azure.functions as func

from tests.functional.harness import App

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True)
class HttpFunction:
    """A function as it is registered."""

    name: str
    method: str
    route: str
    handler: Any


def http_functions(app: App) -> list[HttpFunction]:
    """All functions that HTTP triggers, one for each of their methods."""
    found: list[HttpFunction] = []
    for name, function in app.functions.items():
        trigger = function.get_trigger().get_dict_repr()
        if trigger["type"] == "httpTrigger":
            methods = [str(getattr(item, "value", item)) for item in trigger["methods"]]
            handler = function.get_user_function()
            found += [HttpFunction(name, item, trigger["route"], handler) for item in methods]
    return found


class WsgiApp:
    """Routes requests as a host does; calls `after_delete` when something was deleted."""

    def __init__(self, app: App, after_delete: Callable[[], None]) -> None:
        self._app = app
        self._after_delete = after_delete
        self._routes = [
            (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", item.route)), item)
            for item in http_functions(app)
        ]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request; 404 without a body where there is no function for it."""
        path = environ["REQUEST_URI"].partition("?")[0].removeprefix("/api/")
        answer = func.HttpResponse(status_code=404)
        for pattern, function in self._routes:
            match = pattern.fullmatch(path)
            if match and function.method == environ["REQUEST_METHOD"]:
                names = {key: unquote(value) for key, value in match.groupdict().items()}
                answer = self._call(function.handler, _request(environ, names))
                break
        if answer.status_code == 204:
            self._after_delete()
        body = answer.get_body()
        kind = {"Content-Type": answer.mimetype} if body else {}
        start_response(f"{answer.status_code} -", [*kind.items(), *answer.headers.items()])
        return [body]

    def _call(self, handler: Any, request: func.HttpRequest) -> func.HttpResponse:
        if hasattr(handler, "client_function"):
            return asyncio.run(handler.client_function(req=request, client=self._app.client))
        return handler(request)


def _request(environ: Environ, names: dict[str, str]) -> func.HttpRequest:
    headers = {
        key.removeprefix("HTTP_").replace("_", "-"): value
        for key, value in environ.items()
        if key.startswith("HTTP_") or key == "CONTENT_TYPE"
    }
    return func.HttpRequest(
        method=environ["REQUEST_METHOD"],
        url=request_uri(environ),
        headers=headers,
        params=dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)),
        route_params=names,
        body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
    )
