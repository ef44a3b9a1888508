"""The log of changes: who changed what, when, and by which request; one line of JSON each.

In Application Insights: `traces | where message startswith "change "`. Values are JSON, so that no
name can forge a line.
"""

import json
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.principal import Principal

logger = logging.getLogger(__name__)
_MAX_TEXT = 512


@dataclass(frozen=True)
class Call:
    """Reason of a change.

    Attributes:
        principal: Who asks for it; None where nobody is known.
        request_id: Names the request, in the answer's `x-ms-request-id` too.
        client_request_id: What the caller calls it, if anything.
    """

    principal: Principal | None
    request_id: str
    client_request_id: str | None = None


_current: ContextVar[Call | None] = ContextVar("call", default=None)


def begin(call: Call) -> None:
    """Says what all changes are done for that follow in this context."""
    _current.set(call)


def log_change(what: str, **details: object) -> None:
    """Logs a change that has happened."""
    _write(logging.INFO, "change", what, details)


def log_refusal(what: str, **details: object) -> None:
    """Logs that somebody wanted what they may not."""
    _write(logging.WARNING, "refused", what, details)


def _write(level: int, kind: str, what: str, details: dict[str, object]) -> None:
    call = _current.get()
    who = None if call is None else call.principal
    entry = {
        "what": what,
        "when": datetime.now(UTC).isoformat(),
        # Orchestrations and timers go on by themselves.
        "who": "batchpoint" if call is None else _named(who),
        "request_id": None if call is None else call.request_id,
        "client_request_id": None if call is None else call.client_request_id,
        **{key: _cut(value) for key, value in details.items()},
    }
    logger.log(level, "%s %s", kind, json.dumps(entry))


def _named(principal: Principal | None) -> dict[str, str] | None:
    if principal is None:
        return None
    who = {"id": principal.id, "tenant": principal.tenant, "name": _cut(principal.name)}
    return {key: str(value) for key, value in who.items()} | {"kind": principal.kind.value}


def _cut(value: object) -> object:
    return value[:_MAX_TEXT] if isinstance(value, str) else value
