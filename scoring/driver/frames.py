"""Frames between host and scorer: a JSON header, then binary payloads, both with their lengths.

A frame is 4 bytes of header length (big-endian), the header (a JSON object in UTF-8, whose `sizes`
are the payloads' lengths), and the payloads. Standard library only, Python 3.8: scorers use it.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Sequence  # noqa: UP035  Python 3.8

PREFIX = struct.Struct(">I")
# What one answer may hold: the host has to keep it in memory whole.
MAX_PAYLOAD = 2**30
# How many parts are given to the kernel at once, which takes up to 1,024.
BUFFERS = 512


def encode(header: dict[str, Any], payloads: Sequence[Any]) -> bytes:
    """Returns prefix and header of a frame; the payloads follow it as they are."""
    body = json.dumps(dict(header, sizes=[len(payload) for payload in payloads])).encode()
    return PREFIX.pack(len(body)) + body


def send_frame(
    control: socket.socket, header: dict[str, Any], payloads: Sequence[Any] = ()
) -> None:
    """Sends one frame, blocking."""
    control.sendall(encode(header, payloads))
    for payload in payloads:
        # Once all that was announced has arrived, the other side may hang up.
        if len(payload) > 0:
            control.sendall(payload)


def receive_frame(control: socket.socket) -> tuple[dict[str, Any], list[bytearray]]:
    """Receives one frame, blocking.

    Raises:
        EOFError: The other side has closed the connection.
    """
    (length,) = PREFIX.unpack(_receive(control, PREFIX.size))
    header = json.loads(bytes(_receive(control, length)))
    return header, _receive_all(control, [bytearray(size) for size in header["sizes"]])


def _receive_all(control: socket.socket, parts: list[bytearray]) -> list[bytearray]:
    """Fills the parts, many small ones at once."""
    missing = [memoryview(part) for part in parts if part]
    while missing:
        count = control.recvmsg_into(missing[:BUFFERS])[0]
        if not count:
            raise EOFError
        drop(missing, count)
    return parts


def drop(parts: list[memoryview], count: int) -> None:
    """Takes away so many bytes, which were sent or received, from the beginning of the parts."""
    done = 0
    while count:
        size = len(parts[done])
        if count < size:
            parts[done] = parts[done][count:]
            break
        count -= size
        done += 1
    del parts[:done]


def _receive(control: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        count = control.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
    return data
