"""Tries a request to storage again: a bounded number of times, with pauses that grow and differ.

This is the one policy of all storage clients. Theirs are switched off, for they would hide that a
write was sent twice, and then the second answer (it exists already, it changed meanwhile) cannot
be told from what somebody else did.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from shared.errors import StorageError

CONNECT_SECONDS = 5


READ_SECONDS = 30


TRANSIENT_STATUSES = frozenset({408, 429, 500, 502, 503, 504})

T = TypeVar("T")


class TransientError(StorageError):
    """Storage did not answer, or said that it cannot just now.

    Attributes:
        retry_after: Seconds that storage asks to wait, 0 if it asks for none.
        sent: Whether the request may have arrived, and so may have been carried out.
    """

    def __init__(self, message: str, retry_after: float = 0.0, *, sent: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.sent = sent


@dataclass(frozen=True)
class RetryPolicy:
    """Number of attempts, and pauses between them.

    Attributes:
        attempts: How many times in all, the first included.
        first_pause: Seconds before the second attempt; doubles for each further one.
        longest_pause: The longest of these pauses, in seconds.
        give_up: Seconds after which no further attempt begins: a function that waits longer is
            better repeated by its orchestration.
        sleep: Waits that many seconds.
        clock: Seconds that never go back.
    """

    attempts: int = 6
    first_pause: float = 0.3
    longest_pause: float = 8.0
    give_up: float = 30.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def repeat(self, attempt: Callable[[bool], T]) -> T:
        """Calls `attempt` until it returns or raises anything but TransientError.

        Args:
            attempt: Gets whether an earlier attempt may have been carried out.

        Raises:
            TransientError: The last attempt's.
        """
        began, again = self.clock(), False
        for number in range(1, self.attempts):
            try:
                return attempt(again)
            except TransientError as error:
                again = again or error.sent
                pause = self._pause(number, error.retry_after)
                if self.clock() - began + pause > self.give_up:
                    raise
                self.sleep(pause)
        return attempt(again)

    def _pause(self, number: int, asked: float) -> float:
        pause = min(self.longest_pause, self.first_pause * 2 ** (number - 1))
        # Workers that one throttled partition turned away must not all come back at once.
        spread = pause * random.uniform(0.5, 1.5)  # noqa: S311 - no secret hangs on it
        return max(spread, min(asked, self.longest_pause))


def seconds_asked(header: str | None) -> float:
    """Reads a Retry-After header in seconds; 0 if there is none, or a date."""
    return float(header) if header is not None and header.isdecimal() else 0.0
