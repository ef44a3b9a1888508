"""Calls functions in several processes, and replaces those that end."""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from devhost.app import AppError, Function
from devhost.workers.calls import Call, Receiver, Workers
from devhost.workers.process import WorkerProcess

_LOG = logging.getLogger("devhost")
_PAUSE_SECONDS = 1.0


class ProcessWorkers(Workers):
    """N worker processes; a call goes to the one that has the fewest in hand."""

    def __init__(self, app: Path, count: int, log_level: str) -> None:
        self._app = app
        self._count = count
        self._log_level = log_level
        self._loop = asyncio.get_running_loop()
        self._processes: deque[WorkerProcess] = deque()
        self._waiting: deque[tuple[str, Call, Receiver]] = deque()
        self._restarts: set[asyncio.Task[None]] = set()
        self._binding: str | None = None

    async def start(self) -> Sequence[Function]:
        """Starts all processes; gives the app's functions.

        Raises:
            AppError: The app cannot be loaded.
        """
        found = await asyncio.gather(*(self._start_one() for _ in range(self._count)))
        return found[0]

    def submit(self, function: str, call: Call, receive: Receiver) -> None:
        """Calls a function in one of the processes."""
        self._loop.call_soon_threadsafe(self._send, function, call, receive)

    def bind_client(self, binding: str) -> None:
        """Sets the value of durable client inputs."""
        self._binding = binding
        for process in self._processes:
            process.bind_client(binding)

    async def stop(self) -> None:
        """Ends all processes."""
        for restart in self._restarts:
            restart.cancel()
        processes, self._processes = self._processes, deque()
        await asyncio.gather(*(process.stop() for process in processes))

    def _send(self, function: str, call: Call, receive: Receiver) -> None:
        if not self._processes:
            self._waiting.append((function, call, receive))
            return
        # Among those with equally few calls, the one that was not used for longest.
        self._processes.rotate(-1)
        min(self._processes, key=lambda process: process.load).send(function, call, receive)

    async def _start_one(self) -> Sequence[Function]:
        process = WorkerProcess(self._app, self._log_level)
        try:
            loaded = await process.start(self._replace)
        except BaseException:
            await process.stop()
            raise
        if self._binding is not None:
            process.bind_client(self._binding)
        self._processes.append(process)
        while self._waiting:
            self._send(*self._waiting.popleft())
        return loaded.functions

    def _replace(self, process: WorkerProcess) -> None:
        if process in self._processes:
            _LOG.error("A worker process has ended; another one is started")
            self._processes.remove(process)
            restart = asyncio.create_task(self._restart())
            self._restarts.add(restart)
            restart.add_done_callback(self._restarts.discard)

    async def _restart(self) -> None:
        while True:
            try:
                await self._start_one()
            except AppError as error:
                _LOG.error("A worker process could not be started: %s", error)
                await asyncio.sleep(_PAUSE_SECONDS)
            else:
                return
