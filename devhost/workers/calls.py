"""Calls of the app's functions and their replies, as they travel between host and worker."""

from abc import ABC, abstractmethod
from asyncio import get_running_loop
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from devhost.task_labels import TaskLabel


@dataclass(frozen=True)
class HttpCall:
    """A request, with the parameters of its route."""

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    route: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class TimerCall:
    """A timer that is due."""


@dataclass(frozen=True)
class BlobCall:
    """A blob that has come."""

    container: str
    name: str


@dataclass(frozen=True)
class ActivityCall:
    """An activity's input as JSON."""

    input: str | None


@dataclass(frozen=True)
class OrchestratorCall:
    """An orchestration's history, as the durable extension sends it."""

    request: str


Call: TypeAlias = HttpCall | TimerCall | BlobCall | ActivityCall | OrchestratorCall


@dataclass(frozen=True)
class HttpReply:
    """A response; a header may come several times."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Done:
    """A function whose result nobody reads has returned."""


@dataclass(frozen=True)
class ActivityReply:
    """An activity's result as JSON."""

    result: str


@dataclass(frozen=True)
class OrchestratorReply:
    """The executor's answer, and the tasks that wait in the orchestrator by the SDK's own ids."""

    answer: str
    open_tasks: Mapping[int, TaskLabel]


@dataclass(frozen=True)
class Failure:
    """The exception that a function has raised.

    Attributes:
        kind: The name of its type.
        message: Its text.
        stack: The traceback.
        is_crash: The function has not raised it: its worker has ended.
    """

    kind: str
    message: str
    stack: str = ""
    is_crash: bool = False

    def __str__(self) -> str:
        return f"{self.kind}: {self.message}"


Reply: TypeAlias = HttpReply | Done | ActivityReply | OrchestratorReply | Failure
Receiver: TypeAlias = Callable[[Reply], None]


class Workers(ABC):
    """Call functions by name."""

    @abstractmethod
    def submit(self, function: str, call: Call, receive: Receiver) -> None:
        """Calls a function; `receive` gets its reply later, in whichever thread.

        May be called from any thread.
        """

    @abstractmethod
    def bind_client(self, binding: str) -> None:
        """Sets the value that durable clients are made of, as JSON."""

    async def call(self, function: str, call: Call) -> Reply:
        """Calls a function and waits for its reply."""
        loop = get_running_loop()
        future = loop.create_future()

        def settle(reply: Reply) -> None:
            if not future.done():
                future.set_result(reply)

        def receive(reply: Reply) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, reply)

        self.submit(function, call, receive)
        return await future
