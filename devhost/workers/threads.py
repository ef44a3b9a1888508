"""The one pool of threads that a worker has for all sync functions, as Azure's Python worker."""

import logging
import os
import threading
from collections import deque
from collections.abc import Callable

_LOG = logging.getLogger("devhost")


def pool_size() -> int:
    """Gives PYTHON_THREADPOOL_THREAD_COUNT, or the Python worker's default without it."""
    chosen = os.environ.get("PYTHON_THREADPOOL_THREAD_COUNT")
    return int(chosen) if chosen else min(32, (os.cpu_count() or 1) + 4)


class Threads:
    """Runs work in the order of its coming, in as many threads as are needed and allowed.

    Work that ends usually submits more. The thread that does takes it itself rather than wake
    another one, which would cost more than an empty activity.
    """

    def __init__(self, size: int, name: str = "function") -> None:
        self._size = size
        self._name = name
        self._waiting: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._idle = 0
        self._started = 0
        self._own = threading.local()
        self._is_stopped = False

    def submit(self, work: Callable[[], None]) -> None:
        """Runs work as soon as a thread is free."""
        with self._changed:
            if self._is_stopped:
                return
            self._waiting.append(work)
            if getattr(self._own, "takes_next", True) is False:
                self._own.takes_next = True
            elif self._idle >= len(self._waiting):
                self._changed.notify()
            elif self._started < self._size:
                self._start_thread()

    def stop(self) -> None:
        """Starts no more work; what runs goes on."""
        with self._changed:
            self._is_stopped = True
            self._waiting.clear()
            self._changed.notify_all()

    def _start_thread(self) -> None:
        name = f"{self._name}_{self._started}"
        self._started += 1
        threading.Thread(target=self._serve, name=name, daemon=True).start()

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            self._own.takes_next = False
            try:
                work()
            except Exception:  # noqa: BLE001 - the pool must not lose a thread
                _LOG.exception("A reply could not be delivered")

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._waiting:
                if self._is_stopped:
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1
            return self._waiting.popleft()
