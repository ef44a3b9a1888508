"""The messages between host and worker processes, each one frame."""

from collections.abc import Sequence
from dataclasses import dataclass

from devhost.app import Function
from devhost.workers.calls import Call, Reply


@dataclass(frozen=True)
class Loaded:
    """Worker to host, once: the app's functions, or the reason why it cannot be served."""

    functions: Sequence[Function] = ()
    error: str | None = None


@dataclass(frozen=True)
class Binding:
    """Host to worker: the value of durable client inputs."""

    value: str


@dataclass(frozen=True)
class Request:
    """Host to worker: a call."""

    number: int
    function: str
    call: Call


@dataclass(frozen=True)
class Response:
    """Worker to host: the reply to the call of that number."""

    number: int
    reply: Reply
