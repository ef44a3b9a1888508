"""Calls the app's functions: sync ones in a thread pool, async ones on the event loop."""

import asyncio
import inspect
import logging
import os
import threading
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import azure.functions as func

from devhost.app import AppFunction

_LOG = logging.getLogger("devhost")


class InvocationContext(func.Context):
    """What a function with a parameter named `context` gets."""

    def __init__(self, function_name: str) -> None:
        self._function_name = function_name
        self._invocation_id = str(uuid.uuid4())

    @property
    def invocation_id(self) -> str:
        """A new id for each call."""
        return self._invocation_id

    @property
    def function_name(self) -> str:
        """The name of the function that is called."""
        return self._function_name

    @property
    def function_directory(self) -> str:
        """The app's folder."""
        return os.getcwd()  # noqa: PTH109 - the API wants a string

    @property
    def thread_local_storage(self) -> Any:  # noqa: ANN401 - the base class's own type is wrong
        """Empty: logs are not told apart by invocation here."""
        return threading.local()

    @property
    def trace_context(self) -> Any:  # noqa: ANN401 - there is none to give
        """There is no tracing here."""
        return None

    @property
    def retry_context(self) -> Any:  # noqa: ANN401 - there is none to give
        """Retry policies of triggers are not emulated."""
        return None


class Invoker:
    """Calls functions with their trigger's value and their other inputs."""

    def __init__(self, threads: int | None) -> None:
        """`threads` is the size of the pool; None means the Python worker's default."""
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="function")
        self.durable_client = ""
        self._with_context: dict[str, bool] = {}

    async def call(self, function: AppFunction, value: object) -> Any:  # noqa: ANN401
        """Calls a function with what triggered it, and gives what it returns."""
        arguments = self._arguments(function, value)
        if inspect.iscoroutinefunction(function.call):
            return await function.call(**arguments)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, partial(function.call, **arguments))

    def call_blocking(
        self,
        function: AppFunction,
        loop: asyncio.AbstractEventLoop,
        value: object,
    ) -> Any:  # noqa: ANN401
        """Calls a function from another thread: in that thread if it is sync, else on the loop."""
        arguments = self._arguments(function, value)
        try:
            if inspect.iscoroutinefunction(function.call):
                return asyncio.run_coroutine_threadsafe(function.call(**arguments), loop).result()
            return function.call(**arguments)
        except Exception:
            _LOG.exception("Function %s failed", function.name)
            raise

    def stop(self) -> None:
        """Starts no more calls."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _wants_context(self, function: AppFunction) -> bool:
        known = self._with_context.get(function.name)
        if known is None:
            known = "context" in inspect.signature(function.call).parameters
            self._with_context[function.name] = known
        return known

    def _arguments(self, function: AppFunction, value: object) -> Mapping[str, Any]:
        arguments: dict[str, Any] = {function.trigger["name"]: value}
        for binding in function.inputs:
            arguments[binding["name"]] = self.durable_client
        if "context" not in arguments and self._wants_context(function):
            arguments["context"] = InvocationContext(function.name)
        return arguments
