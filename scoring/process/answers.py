"""Reads what a scorer answers. User code can write to the connection, so each field is checked."""

import math
from collections.abc import Sequence
from typing import Any, cast

from scoring.process.channel import Answer
from scoring.process.result import FileFailure, ScoreResult
from scoring.process.spec import OutputAction, ScoreRequest

NONCE = "nonce"
"""The field by which an answer names the request that it is for."""
_MAX_COUNT = 2**53
_MAX_MESSAGE = 8_000
_MAX_TRACEBACK = 64 * 1024


class BadAnswerError(Exception):
    """The answer is none that a driver sends."""


def check_kind(answer: Answer, nonce: str, wanted: str) -> None:
    """Checks that an answer is for a request, and is `failed` or of the wanted kind.

    Raises:
        BadAnswerError: It is not, or says of a failure what no driver says.
    """
    header = answer.header
    if header.get(NONCE) != nonce:
        raise BadAnswerError("it is not for this request")
    if header["kind"] == "failed":
        texts = header.get("message"), header.get("traceback")
        flags = header.get("exit"), header.get("memory")
        _require(all(isinstance(text, str) for text in texts), "message")
        _require(all(isinstance(flag, bool) for flag in flags), "exit")
        header["message"] = _text(texts[0], _MAX_MESSAGE)
        header["traceback"] = _text(texts[1], _MAX_TRACEBACK)
    else:
        _require(header["kind"] == wanted, "kind")


def read_result(answer: Answer, request: ScoreRequest, log: bytes) -> ScoreResult:
    """Reads the answer to a mini-batch.

    Raises:
        BadAnswerError: A field is none that a driver sends.
    """
    header = answer.header
    _require(len(answer.payloads) == 1, "sizes")
    rows = answer.payloads[0]
    row_count = _count(header.get("row_count"))
    if request.output_action == OutputAction.APPEND_ROW:
        _require(bool(rows) == bool(row_count), "row_count")
        _require(not rows or request.output_format.can_be(rows, row_count), "rows")
    else:
        _require(not rows, "rows")
    return ScoreResult(
        rows=bytes(rows),
        row_count=row_count,
        columns=_columns(header.get("columns")),
        failures=_failures(header.get("failures"), [file.name for file in request.files]),
        log=log,
        seconds=_seconds(header.get("seconds"), request.timeout),
    )


def _count(value: object) -> int:
    _require(type(value) is int and 0 <= value <= _MAX_COUNT, "row_count")
    return cast("int", value)


def _seconds(value: object, timeout: float) -> float:
    _require(type(value) in (int, float), "seconds")
    seconds = cast("float", value)
    # The scorer's clock stops a little before the host's does.
    _require(math.isfinite(seconds) and 0 <= seconds <= timeout + 60, "seconds")
    return float(seconds)


def _columns(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    _require(isinstance(value, list), "columns")
    names = cast("list[object]", value)
    _require(all(isinstance(name, str) for name in names), "columns")
    return tuple(_text(name) for name in names)


def _failures(value: object, names: Sequence[str]) -> tuple[FileFailure, ...]:
    _require(isinstance(value, list) and len(cast("list[object]", value)) <= len(names), "failures")
    known = {None, *names}
    found: list[FileFailure] = []
    for item in cast("list[Any]", value):
        _require(isinstance(item, dict) and isinstance(item.get("message"), str), "failures")
        file = item.get("file")
        _require((file is None or isinstance(file, str)) and file in known, "failures")
        found.append(FileFailure(file, _text(item["message"], _MAX_MESSAGE)))
    return tuple(found)


def _text(value: object, limit: int | None = None) -> str:
    """Returns text without half characters, which nothing could store."""
    return cast("str", value)[:limit].encode("utf-8", "replace").decode()


def _require(condition: bool, field: str) -> None:
    if not condition:
        raise BadAnswerError(f"its field {field!r} is none that a driver sends")
