"""Describes what user code raised, in terms of the user's code.

Standard library only, Python 3.8: it runs in the scorer.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

_MAX_TRACEBACK = 32 * 1024
_MAX_MESSAGE = 1000
_OWN_FILES = {str(path) for path in Path(__file__).parent.glob("*.py")}


def describe(error: BaseException) -> dict[str, Any]:
    """Returns the answer that tells the host about an exception."""
    return {
        "kind": "failed",
        "exit": isinstance(error, SystemExit),
        "memory": isinstance(error, MemoryError),
        "message": _one_line(error),
        "traceback": _user_traceback(error),
    }


def _one_line(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # the exception is the user's, and so is its __str__
        text = "(its text could not be had)"
    first = " ".join(text.split())[:_MAX_MESSAGE]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def _user_traceback(error: BaseException) -> str:
    try:
        _trim(error, set())
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))[
            -_MAX_TRACEBACK:
        ]
    except BaseException:  # a failure to describe a failure must not hide it
        return ""


def _trim(error: BaseException | None, seen: set[int]) -> None:
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _user_part(error.__traceback__)
    _trim(error.__cause__, seen)
    _trim(error.__context__, seen)


def _user_part(trace: TracebackType | None) -> TracebackType | None:
    while trace is not None and _is_own(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def _is_own(filename: str) -> bool:
    return filename in _OWN_FILES or filename.startswith("<frozen importlib")
