"""Stores in memory that fail for the moment, before or after they did what they were asked."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.retry import TransientError


class Mishap(StrEnum):
    """Fate of one attempt at a request."""

    NONE = "none"
    REFUSED = "refused"
    """It never arrives, which is seen."""
    FAILED = "failed"
    """It is not carried out, which cannot be told from LOST."""
    LOST = "lost"
    """It is carried out, and the answer is lost."""


Plan = Callable[[str], Mishap]
"""Decides about the next attempt at a method."""


def each_first(mishap: Mishap) -> Plan:
    """Makes every other attempt of a thread go wrong: each request works the second time."""
    local = threading.local()

    def plan(_: str) -> Mishap:
        local.failed = not getattr(local, "failed", False)
        return mishap if local.failed else Mishap.NONE

    return plan


@dataclass
class Flaky:
    """Stands before any store; what the store itself refuses is never lost."""

    store: Any
    plan: Plan
    error: Callable[[str], BaseException] = TransientError
    happened: list[tuple[str, Mishap]] = field(default_factory=list)

    def __getattr__(self, method: str) -> Any:
        call = getattr(self.store, method)
        if not callable(call) or method == "content_type":
            return call

        def attempt(*args: Any, **more: Any) -> Any:
            mishap = self.plan(method)
            self.happened.append((method, mishap))
            if mishap is Mishap.REFUSED:
                raise TransientError(f"{method} was refused", sent=False)
            if mishap is Mishap.FAILED:
                raise self.error(f"{method} failed")
            result = call(*args, **more)
            if mishap is Mishap.LOST:
                raise self.error(f"the answer to {method} was lost")
            return result

        return attempt
