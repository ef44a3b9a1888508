"""Puts the host together: what each kind of trigger is served by."""

import asyncio
import logging
import os
from collections.abc import Callable
from functools import partial

from aiohttp import web

from devhost.app import AppFunction, FunctionApp
from devhost.blobs import run_blob_trigger
from devhost.durable.hub import DurableHub, HubFunctions, HubOptions
from devhost.durable.management import ManagementApi
from devhost.http import MAX_BODY, HttpTriggers
from devhost.invocation import Invoker
from devhost.routes import Route, make_routes
from devhost.timers import run_timer

_LOG = logging.getLogger("devhost")

LISTENERS = {"timerTrigger": run_timer, "blobTrigger": run_blob_trigger}
"""What serves the triggers that wait for something on their own: a coroutine for each function."""

_SERVED = {"httpTrigger", "orchestrationTrigger", "activityTrigger", *LISTENERS}


class Host:
    """A function app being served."""

    def __init__(self, app: FunctionApp, address: str = "127.0.0.1", port: int = 7071) -> None:
        """Port 0 takes a free one.

        Raises:
            AppError: The app's routes are not valid.
        """
        self._app = app
        self._address = address
        self._port = port
        threads = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
        self._invoker = Invoker(int(threads) if threads else None)
        prefix = str(app.extension("http").get("routePrefix", "api"))
        self.routes = make_routes(app.triggered_by("httpTrigger"), prefix)
        self._hub: DurableHub | None = None
        self._runner: web.AppRunner | None = None
        self._listeners: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """Where the host answers, once it has started."""
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
        self._hub = self._make_hub(asyncio.get_running_loop())
        management = ManagementApi(self._hub)
        await self._listen(management)
        self._invoker.durable_client = management.binding(self.url)
        self._hub.start()
        self._listeners = [
            asyncio.create_task(serve(function, self._invoker), name=function.name)
            for kind, serve in LISTENERS.items()
            for function in self._app.triggered_by(kind)
        ]
        for listener in self._listeners:
            listener.add_done_callback(_report_end)

    async def stop(self) -> None:
        """Stops to listen, then ends what runs."""
        for listener in self._listeners:
            listener.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        self._invoker.stop()
        if self._hub is not None:
            await asyncio.to_thread(self._hub.stop, 1.2)

    async def _listen(self, management: ManagementApi) -> None:
        application = web.Application(client_max_size=MAX_BODY)
        application.add_routes(management.routes())
        triggers = HttpTriggers(self.routes, self._invoker)
        application.router.add_route("*", r"/{path:[\s\S]*}", triggers.handle)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._address, self._port)
        await site.start()
        self._port = int(self._runner.addresses[0][1])

    def _make_hub(self, loop: asyncio.AbstractEventLoop) -> DurableHub:
        orchestrators = self._app.triggered_by("orchestrationTrigger")
        activities = self._app.triggered_by("activityTrigger")
        functions = HubFunctions(
            orchestrators={
                _durable_name(f, "orchestration"): getattr(f.call, "orchestrator_function")  # noqa: B009
                for f in orchestrators
            },
            activities={
                _durable_name(f, "activity"): partial(self._invoker.call_blocking, f, loop)
                for f in activities
            },
        )
        settings = self._app.extension("durableTask")
        default = 10 * (os.cpu_count() or 1)
        options = HubOptions(
            name=str(settings.get("hubName", "devhost")),
            max_activities=int(settings.get("maxConcurrentActivityFunctions", default)),
            max_orchestrators=int(settings.get("maxConcurrentOrchestratorFunctions", default)),
        )

        def call_later(seconds: float, callback: Callable[[], None]) -> None:
            loop.call_soon_threadsafe(loop.call_later, seconds, callback)

        return DurableHub(functions, options, call_later)


def describe_routes(routes: list[Route], url: str) -> str:
    """Lists the HTTP functions as Core Tools does."""
    lines = [
        f"\t{route.function.name}: [{','.join(sorted(route.methods)) or 'any'}] {url}{route.path}"
        for route in sorted(routes, key=lambda route: route.function.name)
    ]
    return "\n".join(["Functions:", "", *lines, ""])


def _durable_name(function: AppFunction, kind: str) -> str:
    return str(function.trigger.get(kind) or function.name)


def _report_end(listener: asyncio.Task[None]) -> None:
    if not listener.cancelled() and (error := listener.exception()) is not None:
        _LOG.error("Function %s is no longer served: %s", listener.get_name(), error)
