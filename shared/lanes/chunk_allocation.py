"""Cuts chunks off what is left of a job's mini-batches, without storing anything."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from shared.jobs.plan import MINI_BATCHES_PER_SEGMENT, PlanReference
from shared.jobs.work import LaneWork
from shared.lanes.chunk_sizes import chunk_size
from shared.lanes.claim_repository import Cursor, LaneClaim
from shared.planning.plan_index import PlanIndex

_NO_END = 2**31
_REFRESH_SECONDS = 0.5


class ChunkAllocation:
    """A job's plan as read by this process, and the mini-batches that need no scoring."""

    def __init__(
        self,
        plan: PlanIndex,
        settled: Sequence[tuple[int, int]] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Takes a plan.

        Args:
            plan: The job's plan, as far as it is known.
            settled: Chunks that are finished, as pairs of their first mini-batch and the one after
                their last, in order.
            monotonic: Seconds that never go back.
        """
        self._plan = plan
        self._settled = settled
        self._monotonic = monotonic
        self._refreshed_at = float("-inf")

    def take(self, cursor: Cursor, work: LaneWork) -> tuple[Cursor, LaneClaim | None]:
        """Cuts off the next chunk for a lane.

        Returns:
            The cursor after it, and the chunk; None where nothing is planned that is left.
        """
        self._look_ahead(cursor.next, work.lanes)
        place = self._next(cursor.next)
        if place is None:
            return cursor, None
        first, end = place
        room = min(self._plan.room(first), end - first)
        size = chunk_size(room, self._plan.left(first), work.lanes, cursor.pace.least())
        claim = LaneClaim(work.turn, first, size, cursor.chunks, work.receipt)
        return replace(cursor, next=first + size, chunks=cursor.chunks + 1), claim

    def is_over(self, cursor: Cursor) -> bool:
        """True if all mini-batches of the job are handed out."""
        return self._plan.is_complete and self._next(cursor.next) is None

    def reference(self, number: int) -> PlanReference:
        """Returns where the files of a mini-batch are written down."""
        if self._plan.first_from(number) is None:
            self._plan.refresh()
        return self._plan.reference(number)

    def _look_ahead(self, number: int, lanes: int) -> None:
        """Reads what is newly planned, before so little is left that chunks shrink."""
        first = self._plan.first_from(number)
        left = 0 if first is None else self._plan.left(first)
        if self._plan.is_complete or left > 2 * lanes * MINI_BATCHES_PER_SEGMENT:
            return
        now = self._monotonic()
        if left == 0 or now - self._refreshed_at >= _REFRESH_SECONDS:
            self._refreshed_at = now
            self._plan.refresh()

    def _next(self, number: int) -> tuple[int, int] | None:
        """Finds the next mini-batch that is to be scored, and the first settled one after it.

        Returns:
            None if none is planned.
        """
        first = self._plan.first_from(number)
        for begin, end in self._settled:
            if first is None or first < begin:
                break
            if first < end:
                first = self._plan.first_from(end)
        following = (begin for begin, _ in self._settled if first is not None and first < begin)
        return None if first is None else (first, next(following, _NO_END))
