"""Removes old things, so that storage does not grow forever.

A run takes bounded time, and the next one goes on. One instance at a time does it; if its lease
ends while it works, two do no harm to each other, as all they do may be done twice.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.clock import Clock
from shared.housekeeping.orphans import OrphanRemoval
from shared.storage.bulk_delete import Budget
from shared.storage.leases import LeaseRepository

logger = logging.getLogger(__name__)
LEASE = "housekeeping"
LEASE_DURATION = timedelta(minutes=15)

Step = Callable[[Budget, Counter[str]], None]
"""Removes things of one kind until the budget is spent, and counts what it has removed."""


@dataclass(frozen=True)
class Report:
    """Result of a run.

    Attributes:
        removed: How many of each kind: `jobs`, `records`, `logs`, `uploads`, `names`, `claims`,
            `lines`, and of what these were made: `blobs` and `rows`.
        is_done: Whether the run came to its end in its time.
        is_busy: Whether nothing was done, as another instance does it just now.
    """

    removed: dict[str, int] = field(default_factory=dict[str, int])
    is_done: bool = True
    is_busy: bool = False


class Housekeeping:
    """Runs the parts of housekeeping one after the other."""

    def __init__(
        self,
        leases: LeaseRepository,
        steps: Sequence[Step],
        orphans: OrphanRemoval,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`steps` are run in their order, `leftovers` after them."""
        self._leases = leases
        self._steps = tuple(steps)
        self._leftovers = orphans
        self._clock = clock
        self._monotonic = monotonic

    def run(self, seconds: float) -> Report:
        """Removes what is old enough.

        Args:
            seconds: When to stop; a little longer where a step has just begun.
        """
        lease = self._leases.take(LEASE, self._clock(), LEASE_DURATION)
        if lease is None:
            return Report(is_busy=True)
        note = lease.note
        budget, removed = Budget(seconds, self._monotonic), Counter[str]()
        try:
            for step in self._steps:
                step(budget, removed)
            note = self._leftovers.run(budget, removed, note or None) or ""
        finally:
            self._leases.give_back(lease, self._clock(), note)
            counts = {kind: count for kind, count in sorted(removed.items()) if count}
            if counts:
                logger.info("housekeeping removed %s", counts)
        return Report(counts, is_done=not budget.is_spent)
