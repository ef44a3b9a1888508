"""Has all that the app logs reach the host's log, each line with the id of an invocation.

The host drops lines that are not logged in an invocation's own thread or task, as at import, in a
thread of a pool, or in `asyncio.to_thread`. So these are kept, and handed on by the invocation that
the thread works for, or else by whichever begins or ends next:
https://learn.microsoft.com/azure/azure-functions/functions-reference-python#log-custom-telemetry
"""

import atexit
import contextvars
import functools
import inspect
import logging
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])
_MOST = 1000


def _records() -> deque[logging.LogRecord]:
    # Of too many the oldest go.
    return deque(maxlen=_MOST)


@dataclass(frozen=True)
class _Invocation:
    """A call of one of the app's functions."""

    thread: int
    kept: deque[logging.LogRecord] = field(default_factory=_records)


_current: contextvars.ContextVar[_Invocation | None] = contextvars.ContextVar(
    "invocation", default=None
)
_without_invocation = _records()


class _InvocationHandler(logging.Handler):
    """Passes on what an invocation's own thread logs, and keeps the rest for later."""

    def emit(self, record: logging.LogRecord) -> None:
        """Passes a record to the handlers of the root logger, or keeps it."""
        invocation = _current.get()
        if invocation is None:
            _without_invocation.append(record)
        elif invocation.thread == threading.get_ident():
            logging.getLogger().handle(record)
        else:
            invocation.kept.append(record)


def install(loggers: Iterable[str]) -> None:
    """Has what these loggers, and those below them, get come with an invocation."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, _InvocationHandler) for handler in logger.handlers):
            logger.addHandler(_InvocationHandler())
            logger.propagate = False
    atexit.register(_hand_on, _without_invocation)


def in_invocation(function: F) -> F:
    """Decorates a function that the host calls, so that it hands on what was kept."""

    @functools.wraps(function)
    async def call_async(*args: object, **kwargs: object) -> object:
        with _invocation():
            return await function(*args, **kwargs)

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        with _invocation():
            return function(*args, **kwargs)

    return cast("F", call_async if inspect.iscoroutinefunction(function) else call)


def carried(function: Callable[P, T]) -> Callable[P, T]:
    """Makes a function, for another thread, that logs for the invocation that is under way now."""
    context = contextvars.copy_context()

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        return context.copy().run(function, *args, **kwargs)

    return call


@contextmanager
def _invocation() -> Generator[None]:
    invocation = _Invocation(threading.get_ident())
    token = _current.set(invocation)
    _hand_on(_without_invocation)
    try:
        yield
    finally:
        _hand_on(invocation.kept)
        _hand_on(_without_invocation)
        _current.reset(token)


def _hand_on(kept: deque[logging.LogRecord]) -> None:
    # Several invocations may empty the same one at once.
    while True:
        try:
            record = kept.popleft()
        except IndexError:
            return
        logging.getLogger().handle(record)
