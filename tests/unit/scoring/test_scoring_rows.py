import csv
import io
import socket

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.driver.encoders import ENCODERS
from scoring.driver.frames import encode, receive_frame, send_frame
from scoring.driver.rows import to_rows
from scoring.process.channel import _Receiver

CSV = ENCODERS["csv"]
CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=4))
def test_any_text_survives_csv(table):
    text = to_rows(table, CSV).data.decode()
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == table


@given(st.lists(st.floats(), max_size=5))
def test_floats_are_written_as_pandas_does(values):
    expected = pd.Series(values, dtype="float64").to_frame().to_csv(index=False, header=False)
    assert to_rows(values, CSV).data.decode() == expected
    assert to_rows(np.array(values, dtype="float64"), CSV).data.decode() == expected


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), max_size=5))
def test_single_precision_is_written_as_pandas_does(values):
    array = np.array(values, dtype="float32")
    expected = pd.Series(array).to_frame().to_csv(index=False, header=False)
    assert to_rows(array, CSV).data.decode() == expected


@pytest.mark.parametrize("result", [np.zeros((1, 1, 1)), np.float64(1), [np.zeros((2, 2))], None])
def test_what_is_not_rows_is_refused(result):
    with pytest.raises(TypeError, match=r"run\(\)"):
        to_rows(result, CSV)


def test_frames_pass_a_socket_whole_and_in_pieces():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_frame(ours, {"kind": "x"}, [b"one", b"", b"three"])
        header, payloads = receive_frame(theirs)
        assert (header["kind"], payloads) == ("x", [b"one", b"", b"three"])
        ours.setblocking(False)
        receiver = _Receiver()
        for byte in encode({"kind": "y"}, [b"ab", b""]) + b"ab":
            assert receiver.answer is None
            theirs.sendall(bytes([byte]))
            receiver.receive(ours)
        assert receiver.answer is not None
        assert receiver.answer.payloads == [b"ab", b""]
        theirs.close()
        with pytest.raises(EOFError):
            receive_frame_of(ours)


def receive_frame_of(control):
    control.setblocking(True)
    return receive_frame(control)
