"""The place where a page of entities ends, as a string that is safe in a URL."""

import base64
import json
from typing import cast

from shared.errors import InvalidError


def encode_continuation(partition: str, row: str | None) -> str:
    """Makes a continuation of the keys that the next page starts at."""
    text = json.dumps([partition, row], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_continuation(continuation: str) -> tuple[str, str | None]:
    """Reads what `encode_continuation` made.

    Raises:
        InvalidError: It did not make this.
    """
    try:
        padded = continuation + "=" * (-len(continuation) % 4)
        keys = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if _are_keys(keys):
            return cast("tuple[str, str | None]", tuple(keys))
    except ValueError as error:
        raise _not_ours(continuation) from error
    raise _not_ours(continuation)


def _are_keys(value: object) -> bool:
    match value:
        case [str(), str() | None]:
            return True
        case _:
            return False


def _not_ours(continuation: str) -> InvalidError:
    return InvalidError(
        f"{continuation[:80]!r} is no continuation: pass the one of the page before, unchanged.",
        target="continuation",
    )
