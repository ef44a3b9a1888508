"""Calls the app's functions in this process: sync ones in threads, async ones on the loop."""

import asyncio
import inspect
import logging
import threading
import traceback
import uuid
from collections.abc import Coroutine, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import azure.functions as func

from devhost.app import AppFunction
from devhost.workers.calls import BlobCall, Call, Failure, OrchestratorCall, Receiver, Reply
from devhost.workers.orchestration import execute, remember_times
from devhost.workers.threads import Threads
from devhost.workers.triggers import make_reply, trigger_value

_LOG = logging.getLogger("devhost")


class InvocationContext(func.Context):
    """The value of a function's parameter named `context`."""

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
        return str(Path.cwd())

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
    """Calls functions by name.

    Attributes:
        durable_client: The value of durable client inputs, as JSON.
    """

    def __init__(
        self, functions: Iterable[AppFunction], threads: Threads, loop: asyncio.AbstractEventLoop
    ) -> None:
        remember_times()
        self.durable_client = ""
        self._functions = {function.info.name: function for function in functions}
        self._threads = threads
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._with_context = {
            name: "context" in inspect.signature(function.call).parameters
            for name, function in self._functions.items()
        }

    def invoke(self, name: str, call: Call, receive: Receiver) -> None:
        """Calls a function; `receive` gets its reply later, in whichever thread."""
        function = self._functions[name]
        if inspect.iscoroutinefunction(function.call):
            self._loop.call_soon_threadsafe(self._spawn, self._await(function, call, receive))
        else:
            self._threads.submit(partial(self._run, function, call, receive))

    def _run(self, function: AppFunction, call: Call, receive: Receiver) -> None:
        if isinstance(call, OrchestratorCall):
            receive(self._orchestrate(function, call.request))
        else:
            receive(self._call(function, call))

    def _call(self, function: AppFunction, call: Call) -> Reply:
        try:
            value = trigger_value(function, call)
            return make_reply(call, function.call(**self._arguments(function, value)))
        except Exception as error:  # noqa: BLE001 - it is user code
            return _failure(function, error, error)

    def _orchestrate(self, function: AppFunction, request: str) -> Reply:
        try:
            return execute(function.call, request)
        except Exception as error:  # noqa: BLE001 - as above
            # The SDK raises an exception of its own from the orchestrator's.
            return _failure(function, error, error.__cause__ or error)

    async def _await(self, function: AppFunction, call: Call, receive: Receiver) -> None:
        try:
            if isinstance(call, BlobCall):
                value = await asyncio.to_thread(trigger_value, function, call)
            else:
                value = trigger_value(function, call)
            reply = make_reply(call, await function.call(**self._arguments(function, value)))
        except Exception as error:  # noqa: BLE001 - as above
            reply = _failure(function, error, error)
        receive(reply)

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _arguments(self, function: AppFunction, value: object) -> dict[str, Any]:
        arguments: dict[str, Any] = {function.info.trigger["name"]: value}
        for binding in function.info.inputs:
            arguments[binding["name"]] = self.durable_client
        if "context" not in arguments and self._with_context[function.info.name]:
            arguments["context"] = InvocationContext(function.info.name)
        return arguments


def _failure(function: AppFunction, error: Exception, cause: BaseException) -> Failure:
    _LOG.error("Function %s failed", function.info.name, exc_info=cause)
    return Failure(type(error).__name__, str(error), "".join(traceback.format_exception(cause)))
