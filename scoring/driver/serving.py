"""The main program of a scorer: loads the model once, then scores mini-batches until told to stop.

Started by `process/scorer.py` through `__main__.py`. Requests and answers travel over the control
socket (see `frames.py`), so that user code may do what it likes with its own streams. Standard
library only, Python 3.8: it runs in the environment of the deployment.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import logging
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any, Callable  # noqa: UP035  Python 3.8

from .encoders import ENCODERS
from .errors import describe
from .frames import MAX_PAYLOAD, receive_frame, send_frame
from .limits import set_limits
from .script import Script

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serves the host that started this process until it hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _die_with_parent(int(sys.argv[2]))
    memory_dir = sys.argv[3]
    _hide_from_user_code(control)
    _prepare_streams()
    home_pid = os.getpid()
    model: Any = None
    while True:
        try:
            header, payloads = receive_frame(control)
        except (EOFError, OSError):
            os._exit(0)
        nonce = header.pop("nonce", None)
        if header["kind"] == "init":
            answer, rows, model = _initialise(header)
        else:
            answer, rows = _score(model, dict(header, memory_dir=memory_dir), payloads)
        if os.getpid() != home_pid:
            # User code forked and let the copy return here; only the original may answer.
            os._exit(0)
        _flush()
        # By this the host knows that what it gets is for what it asked.
        send_frame(control, dict(answer, nonce=nonce), [rows])


def _initialise(header: dict[str, Any]) -> tuple[dict[str, Any], bytes, Any]:
    try:
        _prepare_process(header)
        return {"kind": "ready"}, b"", _load(header)
    except BaseException as error:  # sys.exit() and the like in the user's init() are failures too
        return describe(error), b"", None


def _load(header: dict[str, Any]) -> Any:
    if header["mlflow_dir"] is not None:
        from .mlflow_model import MlflowModel  # noqa: PLC0415  needs pandas, which scripts may not

        return MlflowModel(header["mlflow_dir"])
    return Script(Path(header["code_dir"]), header["scoring_script"])


def _score(
    model: Any, header: dict[str, Any], payloads: list[bytearray]
) -> tuple[dict[str, Any], bytes]:
    run: Callable[..., Any] = model.score
    started = time.perf_counter()
    try:
        _set_variable("AZUREML_BI_OUTPUT_PATH", header["output_dir"])
        encoder = ENCODERS[header["output_format"]]
        rows, failures = run(header, payloads, encoder)
        data = b"" if header["output_action"] == "summary_only" else rows.data
        size = len(data)
        if size > MAX_PAYLOAD:
            raise ValueError(
                f"the rows take {size} bytes as {encoder.label}; at most {MAX_PAYLOAD} fit"
            )
    except BaseException as error:  # whatever run() raises is an answer, and the scorer lives on
        return describe(error), b""
    answer = {
        "kind": "result",
        "row_count": rows.row_count,
        "columns": rows.columns,
        "failures": failures,
        "seconds": time.perf_counter() - started,
    }
    return answer, data


def _set_variable(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _die_with_parent(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have died before prctl, and then nobody would tell.
    if os.getppid() != parent:
        os._exit(0)


def _hide_from_user_code(control: socket.socket) -> None:
    os.set_inheritable(control.fileno(), False)
    # A forked copy must neither answer nor keep the connection open when the original dies.
    os.register_at_fork(after_in_child=control.close)
    sys.argv = ["scorer"]
    # multiprocessing would import this file again in each process that it spawns.
    del sys.modules["__main__"].__file__


def _prepare_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        # By line, so that what was printed before a crash is not lost with the buffer.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    faulthandler.enable()


def _prepare_process(header: dict[str, Any]) -> None:
    logging.basicConfig(
        level=header["logging_level"],
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    sys.path += [entry for entry in header["packages"] if entry not in sys.path]
    set_limits(**header["limits"])


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # User code may have closed or replaced its streams with anything.
        with contextlib.suppress(Exception):
            stream.flush()
