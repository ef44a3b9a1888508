"""Decides the faults of requests to storage: a seeded plan."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum


class Fault(StrEnum):
    """Faults of one request."""

    DELAY = "delay"
    """It is forwarded late."""
    ERROR = "error"
    """500, and it is not forwarded."""
    BUSY = "busy"
    """503, sometimes with Retry-After, and it is not forwarded."""
    DROPPED = "dropped"
    """The connection ends before it is forwarded."""
    LOST_ANSWER = "lost answer"
    """It is forwarded and carried out; the connection ends before the answer."""
    FALSE_ERROR = "false error"
    """It is forwarded and carried out, and answered with 500 all the same."""
    TRUNCATED = "truncated"
    """The connection ends in the middle of the answer."""
    SLOW = "slow"
    """The answer comes bit by bit."""


USUAL_RATES: Mapping[Fault, float] = {
    Fault.DELAY: 0.02,
    Fault.ERROR: 0.006,
    Fault.BUSY: 0.006,
    Fault.DROPPED: 0.006,
    Fault.LOST_ANSWER: 0.006,
    Fault.FALSE_ERROR: 0.006,
    Fault.TRUNCATED: 0.006,
    Fault.SLOW: 0.01,
}


_OF_THE_HOST = re.compile(r"/batchpoint(-|Instances|History|Partitions)|/azure-webjobs-")


def is_by_host(request: str) -> bool:
    """True for a request by the host's own extensions, for its method and path; not by the app."""
    return _OF_THE_HOST.search(request) is not None


class FaultPlan:
    """Decides about requests one after the other; the same seed gives the same decisions.

    Not safe to use from several threads.
    """

    def __init__(self, seed: int, rates: Mapping[Fault, float] = USUAL_RATES) -> None:
        """Takes each fault's share of the requests, from 0 to 1.

        Raises:
            ValueError: A share is negative, or all together are more than 1.
        """
        if min(rates.values(), default=0) < 0 or sum(rates.values()) > 1:
            raise ValueError("each rate must be 0 or more, and all together at most 1")
        self._random = random.Random(seed)
        self._rates = dict(rates)
        self.counts: Counter[Fault] = Counter()

    def next(self, request: str) -> Fault | None:
        """The fault of the next request, None for none.

        Args:
            request: Its method and path with the query, and of a batch its first address too, for
                plans that look at it; this does not.
        """
        del request
        draw = self._random.random()
        for fault, rate in self._rates.items():
            if draw < rate:
                self.counts[fault] += 1
                return fault
            draw -= rate
        return None

    def between(self, least: float, most: float) -> float:
        """Draws a number, for how long or where."""
        return self._random.uniform(least, most)
