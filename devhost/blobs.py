"""Runs blob triggers by polling: each version of each blob of a container, at least once.

The receipts of what was handled are kept in memory, so that after a restart all blobs come again;
the real host may send a blob twice as well.
"""

import asyncio
import logging
import re
import time
from dataclasses import dataclass

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from devhost.app import AppError, Function, resolve
from devhost.workers.calls import BlobCall, Failure, Workers
from devhost.workers.triggers import blob_connection

_LOG = logging.getLogger("devhost")
POLL_SECONDS = 1.0
LISTING_SHARE = 0.05
"""The share of a core's time that may go into listing the container."""
AT_ONCE = 8
# The real host gives up as often:
# https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-blob-trigger#poison-blobs
MAX_CALLS = 5


@dataclass(frozen=True)
class BlobPattern:
    """The blobs that a trigger waits for: their container, and a pattern of their names."""

    container: str
    name: re.Pattern[str]
    prefix: str

    @staticmethod
    def parse(path: str) -> "BlobPattern":
        """Reads a trigger's path, `container/some/{name}.csv`.

        Raises:
            AppError: It names no container or no blob.
        """
        container, _, name = path.partition("/")
        if not container or not name or "{" in container:
            raise AppError(f"the blob trigger's path {path!r} is not CONTAINER/NAME")
        literals = re.split(r"\{\w+\}", name)
        pattern = re.compile("(.+)".join(re.escape(part) for part in literals), re.DOTALL)
        return BlobPattern(container, pattern, literals[0])


async def run_blob_trigger(function: Function, workers: Workers) -> None:
    """Calls a trigger's function for each new version of a blob, until cancelled.

    Raises:
        AppError: Its path or connection is not valid.
    """
    pattern = BlobPattern.parse(resolve(str(function.trigger["path"])))
    with BlobServiceClient.from_connection_string(blob_connection(function)) as service:
        listener = _Listener(function, workers, pattern, service)
        while True:
            listing = await listener.look()
            await asyncio.sleep(max(POLL_SECONDS, listing / LISTING_SHARE))


class _Listener:
    """One trigger, and the blobs that it has handled."""

    def __init__(
        self,
        function: Function,
        workers: Workers,
        pattern: BlobPattern,
        service: BlobServiceClient,
    ) -> None:
        self._function = function
        self._workers = workers
        self._pattern = pattern
        self._container = service.get_container_client(pattern.container)
        self._calls: dict[str, int] = {}
        self._handled: dict[str, str] = {}
        self._room = asyncio.Semaphore(AT_ONCE)

    async def look(self) -> float:
        """Handles what is new; answers the seconds of a core that listing has taken."""
        versions, listing = await asyncio.to_thread(self._versions)
        if versions is not None:
            await self._handle_new(versions)
        return listing

    def _versions(self) -> tuple[dict[str, str] | None, float]:
        """The names and versions of all blobs that are meant, and what listing them has cost.

        Not the time on the clock, which on a busy machine says little; None: there is no list.
        """
        started = time.thread_time()
        versions: dict[str, str] | None = None
        try:
            versions = self._list()
        except ResourceNotFoundError:
            pass
        except AzureError as error:
            _LOG.warning("The blobs of %s cannot be listed: %s", self._pattern.container, error)
        return versions, time.thread_time() - started

    async def _handle_new(self, versions: dict[str, str]) -> None:
        self._handled = {name: v for name, v in self._handled.items() if name in versions}
        new = [(n, v) for n, v in versions.items() if self._handled.get(n) != v]
        await asyncio.gather(*(self._handle(name, version) for name, version in new))

    def _list(self) -> dict[str, str]:
        blobs = self._container.list_blobs(name_starts_with=self._pattern.prefix or None)
        return {
            str(blob.name): str(blob.etag)
            for blob in blobs
            if self._pattern.name.fullmatch(str(blob.name))
        }

    async def _handle(self, name: str, version: str) -> None:
        async with self._room:
            call = BlobCall(self._pattern.container, name)
            reply = await self._workers.call(self._function.name, call)
            if isinstance(reply, Failure):
                key = f"{name}\0{version}"
                self._calls[key] = self._calls.get(key, 0) + 1
                _LOG.warning("Function %s failed for the blob %s", self._function.name, name)
                if self._calls[key] < MAX_CALLS:
                    return
                _LOG.error("Function %s gets the blob %s no more", self._function.name, name)
            self._handled[name] = version
