"""Frames of very many, of empty and of large parts arrive as they were sent."""

import os
import socket
import threading

import pytest

from scoring.driver.frames import BUFFERS, drop, receive_frame, send_frame
from scoring.process.channel import Channel


@pytest.mark.parametrize(
    "sizes",
    [[], [0], [1, 0, 2], [7] * (2 * BUFFERS + 3), [5_000_000, 0, 3, 1_000_000]],
    ids=["none", "empty", "with an empty one", "more than go at once", "large"],
)
def test_what_is_sent_arrives(sizes: list[int]):
    payloads = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    ours, theirs = socket.socketpair()
    reading, writing = os.pipe()

    def answer() -> None:
        header, received = receive_frame(theirs)
        send_frame(theirs, {"kind": header["kind"], "pad": "at least a few bytes"}, received)

    driver = threading.Thread(target=answer, daemon=True)
    driver.start()
    channel = Channel(ours, reading)
    try:
        answered = channel.request({"kind": "run"}, payloads, lambda: None)
    finally:
        channel.close()
        os.close(writing)
        driver.join(10)
        theirs.close()
    assert answered.header["kind"] == "run"
    assert [bytes(part) for part in answered.payloads] == payloads


def test_what_was_sent_is_dropped_also_in_the_middle_of_a_part():
    parts = [memoryview(b"abc"), memoryview(b"de"), memoryview(b"f")]
    drop(parts, 4)
    assert [bytes(part) for part in parts] == [b"e", b"f"]
    drop(parts, 2)
    assert parts == []
