"""Starts jobs for files that land in the inbox: a trigger notes them, a timer gathers them.

The host looks for new blobs itself, or Event Grid delivers a message for each into a queue:
https://learn.microsoft.com/azure/event-grid/event-schema-blob-storage
"""

import asyncio
import json
import logging

import azure.durable_functions as df
import azure.functions as func

from shared.errors import MalformedError
from shared.inbox.options import InboxOptions, InboxSource
from shared.inbox.service import InboxService
from shared.invocation_logs import in_invocation
from shared.running.starting import start_job

logger = logging.getLogger(__name__)
_CREATED = "Microsoft.Storage.BlobCreated"


class Inbox:
    """The functions behind event-driven scoring."""

    def __init__(self, inbox: InboxService, options: InboxOptions) -> None:
        self._inbox = inbox
        self._path = f"{options.container}/{{name}}"
        self._subject = f"/blobServices/default/containers/{options.container}/blobs/"
        self._queue = options.queue
        self._source = options.source
        self._schedule = options.schedule

    def register(self, app: df.DFApp) -> None:
        """Registers the trigger and the timer, unless the inbox is switched off."""
        if self._source is InboxSource.OFF:
            return
        if self._source is InboxSource.EVENT_GRID:
            self._register_queue(app)
        else:
            self._register_blobs(app)
        self._register_timer(app)

    def _register_queue(self, app: df.DFApp) -> None:
        @app.function_name("inbox_event")
        @app.queue_trigger(
            arg_name="message", queue_name=self._queue, connection="AzureWebJobsStorage"
        )
        @in_invocation
        def inbox_event(message: func.QueueMessage) -> None:  # pyright: ignore[reportUnusedFunction]
            self.receive(message.get_body())

    def _register_blobs(self, app: df.DFApp) -> None:
        # Importing it takes long, which an app with another source need not pay at a cold start.
        from azurefunctions.extensions.bindings.blob import BlobClient  # noqa: PLC0415

        @app.function_name("inbox_arrival")
        @app.blob_trigger(
            arg_name="blob",
            path=self._path,
            connection="AzureWebJobsStorage",
            source=func.BlobSource.LOGS_AND_CONTAINER_SCAN,
        )
        @in_invocation
        def inbox_arrival(blob: BlobClient) -> None:  # pyright: ignore[reportUnusedFunction]
            self.note(str(blob.blob_name))

    def _register_timer(self, app: df.DFApp) -> None:
        @app.function_name("inbox_gathering")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @app.durable_client_input(client_name="client")
        @in_invocation
        async def inbox_gathering(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.gather(client)

    def receive(self, body: bytes) -> None:
        """Notes the blob that an event tells of; other events are passed over.

        Raises:
            MalformedError: It is no event; the host puts the message into the poison queue.
        """
        try:
            event = json.loads(body)
            kind, subject = str(event["eventType"]), str(event["subject"])
        except (ValueError, KeyError, TypeError) as error:
            raise MalformedError("a message of the inbox's queue is no Event Grid event") from error
        if kind == _CREATED and subject.startswith(self._subject):
            self.note(subject.removeprefix(self._subject))
        else:
            logger.warning("passed over an event %s of %s", kind, subject)

    def note(self, name: str) -> None:
        """Notes that a blob landed."""
        if self._inbox.arrive(name):
            logger.info("%s landed in the inbox", name)

    async def gather(self, client: df.DurableOrchestrationClient) -> None:
        """Makes and starts the jobs that are due."""
        due = self._inbox.look()
        while (job := await asyncio.to_thread(next, due, None)) is not None:
            await start_job(client, job)
