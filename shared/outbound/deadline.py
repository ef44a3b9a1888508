"""The time that one attempt may take in all, however slowly its parts come."""

import contextlib
import socket
import threading
from typing import Self


class Deadline:
    """Shuts the connections of an attempt when its time is over; used in a `with` statement.

    A socket's own timeout bounds each wait alone: an answer, or a TLS handshake, that comes byte by
    byte never exceeds it.
    """

    def __init__(self, seconds: float) -> None:
        """Takes the seconds that the attempt may take; they run from the `with` statement on."""
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """True if the time ran out."""
        return self._is_over

    def watch(self, connected: socket.socket) -> None:
        """Shuts a connection as soon as the time is over."""
        # TLS takes the socket over and leaves this object empty; a duplicate stays usable.
        duplicate = connected.dup()
        with self._lock:
            self._sockets.append(duplicate)
            if self._is_over:
                _shut(duplicate)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            while self._sockets:
                self._sockets.pop().close()

    def _end(self) -> None:
        with self._lock:
            self._is_over = True
            for duplicate in self._sockets:
                _shut(duplicate)


def _shut(connected: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connected.shutdown(socket.SHUT_RDWR)
