"""Puts the host together: the server, the durable engine, and a listener for each other trigger."""

import asyncio
import logging
import os

from aiohttp import web

from devhost.app import FunctionApp
from devhost.blobs import run_blob_trigger
from devhost.durable.engine import DurableFunctions, Engine, EngineOptions
from devhost.durable.management import ManagementApi
from devhost.http import MAX_BODY, HttpTriggers
from devhost.routes import Route, make_routes
from devhost.timers import run_timer
from devhost.workers.calls import Workers

_LOG = logging.getLogger("devhost")

LISTENERS = {"timerTrigger": run_timer, "blobTrigger": run_blob_trigger}
"""The coroutine that serves one function, for each trigger that waits for something on its own."""

_SERVED = {"httpTrigger", "orchestrationTrigger", "activityTrigger", *LISTENERS}


class Host:
    """A function app being served."""

    def __init__(
        self, app: FunctionApp, workers: Workers, address: str = "127.0.0.1", port: int = 7071
    ) -> None:
        """Port 0 takes a free one.

        Raises:
            AppError: The app's routes are not valid.
        """
        self._app = app
        self._workers = workers
        self._address = address
        self._port = port
        prefix = str(app.extension("http").get("routePrefix", "api"))
        self.routes = make_routes(app.triggered_by("httpTrigger"), prefix)
        self._engine: Engine | None = None
        self._runner: web.AppRunner | None = None
        self._listeners: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """The address at which the host answers, once it has started."""
        host = "127.0.0.1" if self._address in {"0.0.0.0", "::"} else self._address  # noqa: S104
        return f"http://{host}:{self._port}"

    async def start(self) -> None:
        """Starts to serve all of the app's functions.

        Raises:
            OSError: The port is taken.
        """
        for function in self._app.functions:
            if function.trigger["type"] not in _SERVED:
                kind = function.trigger["type"]
                _LOG.warning("Function %s is not served: this host has no %s", function.name, kind)
        self._engine = self._make_engine()
        management = ManagementApi(self._engine)
        await self._listen(management)
        self._workers.bind_client(management.binding(self.url))
        self._listeners = [
            asyncio.create_task(serve(function, self._workers), name=function.name)
            for kind, serve in LISTENERS.items()
            for function in self._app.triggered_by(kind)
        ]
        for listener in self._listeners:
            listener.add_done_callback(_report_end)

    async def stop(self) -> None:
        """Stops to listen, and hands out no more work."""
        for listener in self._listeners:
            listener.cancel()
        if self._engine is not None:
            self._engine.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _listen(self, management: ManagementApi) -> None:
        application = web.Application(client_max_size=MAX_BODY)
        application.add_routes(management.routes())
        triggers = HttpTriggers(self.routes, self._workers)
        application.router.add_route("*", r"/{path:[\s\S]*}", triggers.handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address, self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])

    def _make_engine(self) -> Engine:
        app, settings = self._app, self._app.extension("durableTask")
        orchestrators = app.triggered_by("orchestrationTrigger")
        activities = app.triggered_by("activityTrigger")
        functions = DurableFunctions(
            {function.durable_name: function.name for function in orchestrators},
            {function.durable_name: function.name for function in activities},
        )
        default = 10 * (os.cpu_count() or 1)
        options = EngineOptions(
            name=str(settings.get("hubName", "devhost")),
            max_activities=int(settings.get("maxConcurrentActivityFunctions", default)),
            max_orchestrators=int(settings.get("maxConcurrentOrchestratorFunctions", default)),
        )
        return Engine(functions, options, self._workers, asyncio.get_running_loop())


def describe_routes(routes: list[Route], url: str) -> str:
    """Lists the HTTP functions as Core Tools does."""
    lines = [
        f"\t{route.function.name}: [{','.join(sorted(route.methods)) or 'any'}] {url}{route.path}"
        for route in sorted(routes, key=lambda route: route.function.name)
    ]
    return "\n".join(["Functions:", "", *lines, ""])


def _report_end(listener: asyncio.Task[None]) -> None:
    if not listener.cancelled() and (error := listener.exception()) is not None:
        _LOG.error("Function %s is no longer served: %s", listener.get_name(), error)
