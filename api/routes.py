"""Registers handlers as HTTP-triggered functions."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import azure.durable_functions as df
import azure.functions as func

from api.errors import error_response
from api.requests import check_names

Handler = Callable[[func.HttpRequest], func.HttpResponse]
Starter = Callable[[func.HttpRequest, df.DurableOrchestrationClient], Awaitable[func.HttpResponse]]


@dataclass(frozen=True)
class Route:
    """One function: its unique name, method, route below the prefix, and handler."""

    name: str
    method: str
    path: str
    handler: Handler


def register(app: df.DFApp, route: Route) -> None:
    """Makes a handler an HTTP-triggered function whose errors are answered."""

    @functools.wraps(route.handler)
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        try:
            check_names(req)
            return route.handler(req)
        except Exception as error:  # noqa: BLE001 - every error gets an answer
            return error_response(error)

    register_as = app.route(route=route.path, methods=[route.method])
    app.function_name(route.name)(register_as(answer))


@dataclass(frozen=True)
class StartingRoute:
    """One function that starts orchestrations, as `Route` otherwise."""

    name: str
    method: str
    path: str
    handler: Starter


def register_starting(app: df.DFApp, route: StartingRoute) -> None:
    """Makes a handler an HTTP-triggered function that gets a durable client."""

    async def answer(
        req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        try:
            check_names(req)
            return await route.handler(req, client)
        except Exception as error:  # noqa: BLE001 - every error gets an answer
            return error_response(error)

    with_client = app.durable_client_input(client_name="client")(answer)
    register_as = app.route(route=route.path, methods=[route.method])
    app.function_name(route.name)(register_as(with_client))
