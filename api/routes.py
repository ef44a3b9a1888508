"""Registers handlers as HTTP-triggered functions, each behind the gate."""

import asyncio
import contextvars
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import azure.durable_functions as df
import azure.functions as func

from api.errors import error_response
from api.gate import Gate, check_role
from api.request_audit import RequestAudit
from api.requests import check_names
from shared.invocation_logs import in_invocation
from shared.principal import Role

Handler = Callable[[func.HttpRequest], func.HttpResponse]
Starter = Callable[[func.HttpRequest, df.DurableOrchestrationClient], Awaitable[func.HttpResponse]]
OPEN = None
"""The role of a route that is for everybody, signed in or not."""


class GuardedApp(df.DFApp):
    """A function app whose routes are behind a gate.

    The host asks for no function key: who may call, the gate decides alone.
    """

    def __init__(self, gate: Gate) -> None:
        super().__init__(http_auth_level=func.AuthLevel.ANONYMOUS)
        self.gate = gate


@dataclass(frozen=True)
class Route:
    """One function.

    Attributes:
        name: Unique.
        method: Of HTTP.
        path: Below the prefix.
        handler: What answers.
        role: What the caller needs; one that names none is for contributors.
        is_public: Whether it is served even where sign-in is not configured: health alone.
    """

    name: str
    method: str
    path: str
    handler: Handler
    role: Role | None = Role.CONTRIBUTOR
    is_public: bool = False


@dataclass(frozen=True)
class StartingRoute:
    """A function that starts orchestrations; see `Route`."""

    name: str
    method: str
    path: str
    handler: Starter
    role: Role = Role.CONTRIBUTOR


def register(app: GuardedApp, route: Route) -> None:
    """Makes a handler an HTTP-triggered function whose errors are answered."""

    @in_invocation
    @functools.wraps(route.handler)
    def answer(req: func.HttpRequest) -> func.HttpResponse:
        return contextvars.copy_context().run(handle, req)

    def handle(req: func.HttpRequest) -> func.HttpResponse:
        audit = RequestAudit(route.name, route.method, req)
        try:
            if not route.is_public:
                audit.enter(app.gate.identify(req, route.role))
                check_role(audit.principal, route.role)
            check_names(req)
            return audit.close(route.handler(req))
        except Exception as error:  # noqa: BLE001 - every error gets an answer
            return audit.close(error_response(error))

    register_as = app.route(route=route.path, methods=[route.method])
    app.function_name(route.name)(register_as(answer))


def register_starting(app: GuardedApp, route: StartingRoute) -> None:
    """Makes a handler an HTTP-triggered function that gets a durable client."""

    @in_invocation
    async def answer(
        req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        audit = RequestAudit(route.name, route.method, req)
        try:
            # Checking may wait for the issuer's keys, which must not hold up the event loop.
            audit.enter(await asyncio.to_thread(app.gate.identify, req, route.role))
            check_role(audit.principal, route.role)
            check_names(req)
            return audit.close(await route.handler(req, client))
        except Exception as error:  # noqa: BLE001 - every error gets an answer
            return audit.close(error_response(error))

    with_client = app.durable_client_input(client_name="client")(answer)
    register_as = app.route(route=route.path, methods=[route.method])
    app.function_name(route.name)(register_as(with_client))
