"""Puts the time at which a job is due into what a schedule says about its jobs.

`${{creation_context.trigger_time}}` is Azure ML's word for it. It becomes `20260331T003000Z`, in
UTC, which sorts, never comes twice, and may stand in any path. With a format behind a colon, such
as `${{creation_context.trigger_time:%Y/%m/%d}}`, it is local time in the schedule's zone.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from shared.documents.control_characters import path_text
from shared.documents.validation import invalid
from shared.errors import ErrorDetail

Document = Mapping[str, Any]
_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TRIGGER_TIME = re.compile(r"\s*creation_context\.trigger_time\s*(?::([^:]*))?")
# Those that come out the same on every platform, and of which paths can be made.
_FORMAT = re.compile(r"(?:%[YmdHMSjGVuy]|[-\w./ ])+", re.ASCII)
_PLAIN = "%Y%m%dT%H%M%SZ"


def fill(document: Document, due_at: datetime, time_zone: str, *, at: str) -> dict[str, Any]:
    """The document of a job that is due then.

    Args:
        document: What a schedule says about its jobs; stays as it is.
        due_at: When the job is due.
        time_zone: The schedule's, for times with a format.
        at: Where the document stands in the schedule's, for errors.

    Raises:
        InvalidError: An expression in it is not the trigger time, or its format is not read.
    """
    local = due_at.astimezone(ZoneInfo(time_zone))
    details: list[ErrorDetail] = []

    def filled(value: object, path: list[str | int]) -> object:
        if isinstance(value, str):
            return _EXPRESSION.sub(lambda match: written(match, path), value)
        if isinstance(value, dict):
            items = cast("dict[str, object]", value).items()
            return {key: filled(item, [*path, key]) for key, item in items}
        if isinstance(value, list):
            items = enumerate(cast("list[object]", value))
            return [filled(item, [*path, index]) for index, item in items]
        return value

    def written(match: re.Match[str], path: list[str | int]) -> str:
        expression = _TRIGGER_TIME.fullmatch(match[1])
        if expression is None:
            problem = (
                f"'{match[0]}' is unknown; what is known is ${{{{creation_context.trigger_time}}}}"
            )
        elif expression[1] is not None and not _FORMAT.fullmatch(expression[1]):
            problem = (
                f"the format '{expression[1]}' is not read; it takes %Y %m %d %H %M %S %j %G %V %u "
                "%y, letters, digits, and '-', '_', '.', '/'"
            )
        elif expression[1] is None:
            return due_at.astimezone(UTC).strftime(_PLAIN)
        else:
            return local.strftime(expression[1])
        details.append(ErrorDetail(problem, path_text(at, path)))
        return ""

    result = cast("dict[str, Any]", filled(document, []))
    if details:
        raise invalid(details)
    return result
