"""The host's end of a scorer: sends a request, drains the output, and waits for the answer.

One thread does all of that, so that a scorer that prints without end fills neither the host's
memory nor its own pipe, and one that never answers is noticed.
"""

import json
import os
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.driver.frames import BUFFERS, MAX_PAYLOAD, PREFIX, drop, encode
from scoring.process.bounded_log import BoundedLog

_TICK = 0.1
_CHUNK = 64 * 1024
_MAX_HEADER = 64 * 1024 * 1024
_MAX_PARTS = 10_000


class HungUpError(Exception):
    """The scorer's end of the connection is closed, or sends what no driver does."""


class Channel:
    """The control socket and the output pipe of one scorer.

    Args:
        control: A stream socket; it becomes non-blocking.
        output: The reading end of the scorer's output; it becomes non-blocking.
    """

    def __init__(self, control: socket.socket, output: int) -> None:
        control.setblocking(False)
        os.set_blocking(output, False)
        self._control = control
        self._output = output
        self._output_open = True
        self.log = BoundedLog()

    def request(
        self, header: dict[str, Any], payloads: Sequence[bytes], check: Callable[[], None]
    ) -> "Answer":
        """Sends a frame and returns the frame that answers it.

        Args:
            header: The request.
            payloads: Its binary parts.
            check: Called ten times a second at least; what it raises ends the waiting.

        Raises:
            HungUpError: There will be no answer.
        """
        pending = [memoryview(part) for part in (encode(header, payloads), *payloads) if part]
        received = _Receiver()
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ | selectors.EVENT_WRITE)
            if self._output_open:
                selector.register(self._output, selectors.EVENT_READ)
            while received.answer is None:
                self._step(selector, pending, received)
                check()
        self.drain()
        return received.answer

    @property
    def has_unread(self) -> bool:
        """True if there is something that answers no request, or the scorer has hung up."""
        try:
            self._control.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True

    def drain(self) -> None:
        """Takes what the scorer has printed so far, without waiting for more."""
        # Bounded, because a child of the scorer may print faster than this can read.
        for _ in range(64):
            if not self._read_output():
                return

    def wait_for_end(self, seconds: float, ended: Callable[[], bool]) -> None:
        """Drains the output of a scorer that is about to end, so that it can."""
        deadline = time.monotonic() + seconds
        output = self._output
        with selectors.DefaultSelector() as selector:
            if self._output_open:
                selector.register(self._output, selectors.EVENT_READ)
            while not ended() and time.monotonic() < deadline:
                selector.select(0.01)
                if self._output_open and not self._read_output() and not self._output_open:
                    selector.unregister(output)

    def close(self) -> None:
        """Hangs up."""
        self._control.close()
        if self._output_open:
            os.close(self._output)
            self._output_open = False

    def _step(
        self, selector: selectors.BaseSelector, pending: list[memoryview], received: "_Receiver"
    ) -> None:
        for key, events in selector.select(_TICK):
            if key.fileobj is not self._control:
                if not self._read_output() and not self._output_open:
                    selector.unregister(key.fd)
                continue
            try:
                if events & selectors.EVENT_WRITE:
                    self._write(pending)
                    if not pending:
                        selector.modify(self._control, selectors.EVENT_READ)
                if events & selectors.EVENT_READ:
                    received.receive(self._control)
            except OSError as error:
                raise HungUpError(str(error)) from error

    def _write(self, pending: list[memoryview]) -> None:
        try:
            while pending:
                sent = self._control.sendmsg(pending[:BUFFERS])
                drop(pending, sent)
        except BlockingIOError:
            return

    def _read_output(self) -> bool:
        try:
            data = os.read(self._output, _CHUNK) if self._output_open else b""
        except BlockingIOError:
            return False
        self.log.append(data)
        if not data and self._output_open:
            os.close(self._output)
            self._output_open = False
        return bool(data)


@dataclass(frozen=True)
class Answer:
    """A received frame."""

    header: dict[str, Any]
    payloads: list[bytearray]


class _Receiver:
    """Puts one frame together from what arrives, reading payloads right into their place."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self._header: dict[str, Any] | None = None
        self._parts: list[bytearray] = [bytearray(PREFIX.size)]
        self._missing = [memoryview(self._parts[0])]

    def receive(self, control: socket.socket) -> None:
        try:
            while self.answer is None:
                count = control.recv_into(self._missing[0])
                if not count:
                    raise HungUpError("end of stream")
                self._missing[0] = self._missing[0][count:]
                self._advance()
        except BlockingIOError:
            return

    def _advance(self) -> None:
        while self._missing and not self._missing[0]:
            del self._missing[0]
        if self._missing:
            return
        if self._header is not None:
            self.answer = Answer(self._header, self._parts)
        elif len(self._parts[0]) == PREFIX.size:
            self._expect([_header_size(self._parts[0])])
        else:
            self._header = _header(self._parts[0])
            self._expect(self._header["sizes"])
            self._advance()

    def _expect(self, sizes: Sequence[int]) -> None:
        self._parts = [bytearray(size) for size in sizes]
        self._missing = [memoryview(part) for part in self._parts]


def _header_size(prefix: bytes | bytearray) -> int:
    size: int = PREFIX.unpack(prefix)[0]
    # A header is longer than a prefix, or this was not written by a driver.
    if not PREFIX.size < size <= _MAX_HEADER:
        raise HungUpError("garbled answer")
    return size


def _header(data: bytes | bytearray) -> dict[str, Any]:
    """Reads a header; user code may have sent it, so that nothing in it can be relied on."""
    try:
        header = json.loads(bytes(data))
        sizes, kind = header["sizes"], header["kind"]
        is_known = type(kind) is str and all(type(size) is int and size >= 0 for size in sizes)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise HungUpError("garbled answer") from error
    if not is_known or len(sizes) > _MAX_PARTS or sum(sizes) > MAX_PAYLOAD:
        raise HungUpError("garbled answer")
    return {**header, "sizes": list(sizes)}
