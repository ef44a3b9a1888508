"""JSON and times in the form in which the durable extension writes them."""

import json
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""A value that JSON can express."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def write_json(value: Json) -> str:
    """Writes compact JSON, with letters of all languages as they are."""
    return _ENCODER.encode(value)


def read_json(text: str | None) -> Json:
    """Reads JSON; text that is none is given as it is, no text as None."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def write_time(moment: datetime) -> str:
    """Writes a UTC time as ISO 8601 with a Z."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def read_time(text: str) -> datetime:
    """Reads an ISO 8601 time, in UTC where it names no zone.

    Raises:
        ValueError: It is not one.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
