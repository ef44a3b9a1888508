"""Starts jobs for files that land in the inbox: a blob trigger notes them, a timer gathers them."""

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func
from azurefunctions.extensions.bindings.blob import BlobClient

from shared.inbox.options import InboxOptions, InboxSource
from shared.inbox.service import InboxService
from shared.running.starting import start_job

logger = logging.getLogger(__name__)
_SOURCES = {
    InboxSource.POLLING: func.BlobSource.LOGS_AND_CONTAINER_SCAN,
    InboxSource.EVENT_GRID: func.BlobSource.EVENT_GRID,
}


class Inbox:
    """The functions behind event-driven scoring."""

    def __init__(self, inbox: InboxService, options: InboxOptions) -> None:
        self._inbox = inbox
        self._path = f"{options.container}/{{name}}"
        self._source = options.source
        self._schedule = options.schedule

    def register(self, app: df.DFApp) -> None:
        """Registers the trigger and the timer, unless the inbox is switched off."""
        if self._source is InboxSource.OFF:
            return
        self._register_trigger(app)
        self._register_timer(app)

    def _register_trigger(self, app: df.DFApp) -> None:
        @app.function_name("inbox_arrival")
        @app.blob_trigger(
            arg_name="blob",
            path=self._path,
            connection="AzureWebJobsStorage",
            source=_SOURCES[self._source],
        )
        def inbox_arrival(blob: BlobClient) -> None:  # pyright: ignore[reportUnusedFunction]
            self.note(str(blob.blob_name))

    def _register_timer(self, app: df.DFApp) -> None:
        @app.function_name("inbox_gathering")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @app.durable_client_input(client_name="client")
        async def inbox_gathering(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.gather(client)

    def note(self, name: str) -> None:
        """Notes that a blob landed."""
        if self._inbox.arrive(name):
            logger.info("%s landed in the inbox", name)

    async def gather(self, client: df.DurableOrchestrationClient) -> None:
        """Makes and starts the jobs that are due."""
        due = self._inbox.look()
        while (job := await asyncio.to_thread(next, due, None)) is not None:
            await start_job(client, job)
