"""Sends HTTP requests again where that can help and can do no harm."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from batchpoint.errors import ServiceUnreachableError

logger = logging.getLogger("batchpoint")

TRANSIENT_STATUSES = frozenset({408, 429, 502, 503, 504})
NOT_DONE = frozenset({429})
LONGEST_RETRY_AFTER = 30.0


@dataclass(frozen=True)
class RetryPolicy:
    """Number of attempts, and pauses between them.

    Attributes:
        attempts: How many times in all, the first included.
        first_delay: Seconds before the second attempt; doubles for each further one.
        max_delay: The longest of these delays, in seconds.
        statuses: HTTP statuses that another attempt may cure.
        sleep: Waits that many seconds.
    """

    attempts: int = 5
    first_delay: float = 0.2
    max_delay: float = 5.0
    statuses: frozenset[int] = TRANSIENT_STATUSES
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int, retry_after: str | None = None) -> None:
        """Waits after the given failed attempt (from 1), with jitter against thundering herds."""
        delay = min(self.max_delay, self.first_delay * 2 ** (attempt - 1))
        if retry_after is not None and retry_after.isdigit():
            delay = max(delay, min(float(retry_after), LONGEST_RETRY_AFTER))
        self.sleep(delay * random.uniform(0.75, 1.25))  # noqa: S311 - jitter is no secret


@dataclass(frozen=True)
class Sent:
    """A response, and whether it answers a repetition of a request that may have arrived."""

    response: httpx.Response
    repeated: bool


def send(call: Callable[[], httpx.Response], policy: RetryPolicy, *, idempotent: bool) -> Sent:
    """Calls until there is an answer worth having.

    A request that is not idempotent is repeated only where no connection came about at all, or the
    service says that it had too much to do.

    Args:
        call: Sends the request once.
        policy: How often, and how fast.
        idempotent: Whether the request may arrive twice.

    Raises:
        ServiceUnreachableError: No attempt got an answer.
    """
    repeated = False
    for attempt in range(1, policy.attempts + 1):
        last = attempt == policy.attempts
        retry_after = None
        try:
            response = call()
        except httpx.TransportError as error:
            unsent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            if last or not (idempotent or unsent):
                raise ServiceUnreachableError(_reason(error)) from error
            logger.info("attempt %d failed: %s", attempt, _reason(error))
            repeated = repeated or not unsent
        else:
            may_repeat = idempotent or response.status_code in NOT_DONE
            if last or not may_repeat or response.status_code not in policy.statuses:
                return Sent(response, repeated)
            logger.info("attempt %d answered %d", attempt, response.status_code)
            retry_after = response.headers.get("retry-after")
            repeated = True
        policy.wait(attempt, retry_after)
    raise ValueError("a retry policy needs at least one attempt")


def _reason(error: httpx.TransportError) -> str:
    return str(error) or type(error).__name__
