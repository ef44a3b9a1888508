"""A gRPC channel without a network: calls go to a servicer of the same process.

The worker and the backend of `durabletask` speak gRPC. Between two threads of one process that
costs more than the work itself, and needs a socket that others may reach; this has neither.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import grpc


class CallError(grpc.RpcError):
    """A call that the servicer refused."""

    def __init__(self, status: grpc.StatusCode, details: str) -> None:
        super().__init__(details)
        self._status = status

    def code(self) -> grpc.StatusCode:
        """The status that the servicer gave."""
        return self._status


class _CallContext:
    """As much of `grpc.ServicerContext` as the servicer asks for."""

    def __init__(self, timeout: float | None = None) -> None:
        self._timeout = timeout
        self._cancelled = threading.Event()

    def is_active(self) -> bool:
        return not self._cancelled.is_set()

    def cancel(self) -> None:
        self._cancelled.set()

    def time_remaining(self) -> float | None:
        return self._timeout

    def abort(self, status: grpc.StatusCode, details: str) -> NoReturn:
        raise CallError(status, details)


class _Stream:
    """The answers of a streaming call, until it is cancelled."""

    def __init__(self, method: Callable[..., Iterator[Any]], request: object) -> None:
        self._context = _CallContext()
        self._answers = method(request, self._context)

    def __iter__(self) -> Iterator[Any]:
        return self._answers

    def cancel(self) -> None:
        self._context.cancel()


class InProcessChannel(grpc.Channel):
    """Connects a generated stub with a servicer."""

    def __init__(self, servicer: object) -> None:
        self._servicer = servicer

    def unary_unary(self, method: str, *_: object, **__: object) -> Any:  # noqa: ANN401
        """Gives what calls a method with one answer."""
        serve = self._method(method)

        def call(request: object, timeout: float | None = None) -> object:
            return serve(request, _CallContext(timeout))

        return call

    def unary_stream(self, method: str, *_: object, **__: object) -> Any:  # noqa: ANN401
        """Gives what calls a method with a stream of answers."""
        serve = self._method(method)

        def call(request: object) -> _Stream:
            return _Stream(serve, request)

        return call

    def stream_unary(self, method: str, *_: object, **__: object) -> Any:  # noqa: ANN401
        """The service has no such method that is used here."""
        raise NotImplementedError(method)

    def stream_stream(self, method: str, *_: object, **__: object) -> Any:  # noqa: ANN401
        """The service has no such method that is used here."""
        raise NotImplementedError(method)

    def subscribe(self, callback: object, try_to_connect: object = False) -> None:
        """There is no connection whose state could change."""

    def unsubscribe(self, callback: object) -> None:
        """There is no connection whose state could change."""

    def close(self) -> None:
        """There is nothing to close."""

    def __enter__(self) -> "InProcessChannel":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _method(self, name: str) -> Callable[..., Any]:
        return getattr(self._servicer, name.rpartition("/")[2])
