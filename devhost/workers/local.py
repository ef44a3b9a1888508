"""Calls functions in the host's own process."""

import asyncio
from collections.abc import Sequence

from devhost.app import AppFunction
from devhost.workers.calls import Call, Receiver, Workers
from devhost.workers.invoker import Invoker
from devhost.workers.threads import Threads, pool_size


class LocalWorkers(Workers):
    """The one worker of a host that starts no others."""

    def __init__(
        self,
        functions: Sequence[AppFunction],
        loop: asyncio.AbstractEventLoop,
        threads: int | None = None,
    ) -> None:
        """Takes the size of the pool from the environment where none is given."""
        self._threads = Threads(threads or pool_size())
        self._invoker = Invoker(functions, self._threads, loop)

    def submit(self, function: str, call: Call, receive: Receiver) -> None:
        """Calls a function in this process."""
        self._invoker.invoke(function, call, receive)

    def bind_client(self, binding: str) -> None:
        """Sets the value of durable client inputs."""
        self._invoker.durable_client = binding

    def stop(self) -> None:
        """Starts no more calls."""
        self._threads.stop()
