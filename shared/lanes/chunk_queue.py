"""Hands the mini-batches of jobs out to their lanes, chunk by chunk.

A claim is one transaction on the job's cursor. Claims that come while one is being stored are
stored together by the next: hundreds of lanes neither wait for each other one by one, nor compete
for the cursor within a process. What other processes have claimed is seen by the ETag.
"""

import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from shared.errors import ConflictError, PreconditionError
from shared.jobs.plan import PlanReference
from shared.jobs.records import ChunkRecord
from shared.jobs.repository import JobRepository
from shared.jobs.work import LaneWork
from shared.lanes.chunk_allocation import ChunkAllocation
from shared.lanes.claim_repository import (
    CLAIMS_AT_ONCE,
    ChunkClaimRepository,
    Cursor,
    LaneClaim,
)
from shared.planning.plan_index import PlanIndex

ATTEMPTS = 30
REMEMBERED = 100
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5


@dataclass(frozen=True)
class Offer:
    """Answer to a lane that asks for a chunk.

    Attributes:
        claim: The chunk; None if there is none now.
        plan: Where its files are written down.
        width: How many of its mini-batches to score at once.
        is_over: True if there will be no more.
    """

    claim: LaneClaim | None = None
    plan: PlanReference | None = None
    width: int = 1
    is_over: bool = False


@dataclass
class _Request:
    """A lane that asks for its next chunk, and hands the one before in."""

    work: LaneWork
    handed_in: ChunkRecord | None
    offer: Offer | None = None
    error: Exception | None = None

    @property
    def is_pending(self) -> bool:
        return self.offer is None and self.error is None


@dataclass
class _Execution:
    """An execution of a job: its cursor, as this process saw it last, and who waits for a chunk."""

    job: str
    epoch: str
    chunks: ChunkAllocation
    cursor: Cursor | None = None
    waiting: list[_Request] = field(default_factory=list[_Request])
    lock: threading.Lock = field(default_factory=threading.Lock)


class ChunkQueue:
    """Hands chunks out; may be called from any thread, and by several processes at once."""

    def __init__(
        self,
        jobs: JobRepository,
        claims: ChunkClaimRepository,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._jobs = jobs
        self._claims = claims
        self._sleep = sleep
        self._lock = threading.Lock()
        self._executions: OrderedDict[tuple[str, str, str], _Execution] = OrderedDict()

    def next(self, work: LaneWork, handed_in: ChunkRecord | None) -> Offer:
        """Claims the next chunk for a lane; asking again for the same turn gives the same one.

        Args:
            work: The lane, and its turn.
            handed_in: The chunk that it has scored, to be recorded; None if there is none.

        Raises:
            PreconditionError: Too many claim at once; worth a retry.
        """
        execution = self._execution(work)
        request = _Request(work, handed_in)
        with self._lock:
            execution.waiting.append(request)
        with execution.lock:
            if request.is_pending:
                self._serve(execution)
        if request.error is not None:
            raise request.error
        return request.offer or Offer()

    def _execution(self, work: LaneWork) -> _Execution:
        key = (work.job, work.identity, work.epoch)
        with self._lock:
            known = self._executions.get(key)
            if known is not None:
                self._executions.move_to_end(key)
                return known
        settled = self._settled(work) if work.resume else []
        chunks = ChunkAllocation(PlanIndex(self._jobs, work.job), settled)
        with self._lock:
            known = self._executions.setdefault(key, _Execution(work.job, work.epoch, chunks))
            while len(self._executions) > REMEMBERED:
                self._executions.popitem(last=False)
        return known

    def _settled(self, work: LaneWork) -> list[tuple[int, int]]:
        """Returns the chunks that an earlier execution of the same run has finished, in order."""
        chunks = self._jobs.chunks(work.job)
        return [(chunk.first, chunk.end) for chunk in chunks if chunk.run == work.run]

    def _serve(self, execution: _Execution) -> None:
        """Serves all who wait, the caller among them; to be called with the execution's lock."""
        while True:
            with self._lock:
                batch = execution.waiting[:CLAIMS_AT_ONCE]
                del execution.waiting[: len(batch)]
            if not batch:
                return
            try:
                self._serve_batch(execution, batch)
            except Exception as error:  # noqa: BLE001 - raised in the threads that wait
                execution.cursor = None
                for request in batch:
                    request.error = error if request.is_pending else None

    def _serve_batch(self, execution: _Execution, batch: Sequence[_Request]) -> None:
        for attempt in range(ATTEMPTS):
            if not _one_for_each_lane(batch):
                return
            if attempt or execution.cursor is None:
                execution.cursor = self._claims.cursor(execution.job)
            if attempt:
                # What made the try before fail may be that an earlier call did the same.
                for request in batch:
                    self._answer_repeated(execution, request)
            pending = _one_for_each_lane(batch)
            cursor = execution.cursor
            if cursor is None or cursor.epoch != execution.epoch:
                # Another execution has taken over, or the job is gone.
                for request in pending:
                    request.offer = Offer(is_over=True)
                continue
            if not self._try(execution, cursor, pending):
                longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
                self._sleep(random.uniform(0, longest))  # noqa: S311 - no secret hangs on it
        raise PreconditionError(
            f"the mini-batches of the job '{execution.job}' are being claimed by too many at once"
        )

    def _answer_repeated(self, execution: _Execution, request: _Request) -> None:
        """Answers a request whose claim is stored already: an earlier call's answer was lost."""
        if request.is_pending:
            stored = self._claims.lane(execution.job, execution.epoch, request.work.lane)
            if stored is not None and stored.turn >= request.work.turn:
                request.offer = _offer(execution, stored)

    def _try(self, execution: _Execution, before: Cursor, pending: Sequence[_Request]) -> bool:
        """Claims a chunk for each request; False if another process was faster."""
        cursor, claims = before, dict[int, LaneClaim]()
        handed_in: list[ChunkRecord] = []
        for request in pending:
            work = request.work
            following, claim = execution.chunks.take(cursor, work)
            if claim is None:
                # Nothing is left, but this lane may have got the last of it by an earlier call.
                self._answer_repeated(execution, request)
                if not request.is_pending:
                    continue
            else:
                claims[work.lane] = claim
            pace = following.pace.and_also(work.size, work.seconds)
            cursor = replace(following, pace=pace)
            handed_in += [request.handed_in] if request.handed_in is not None else []
        if claims or handed_in:
            try:
                cursor, claims = self._claims.store(execution.job, cursor, claims, handed_in)
            except (ConflictError, PreconditionError):
                return False
        execution.cursor = cursor
        for request in pending:
            if request.is_pending:
                request.offer = _offer(execution, claims.get(request.work.lane))
        return True


def _one_for_each_lane(batch: Sequence[_Request]) -> list[_Request]:
    """Returns the requests that wait, but of a lane that asks twice only the first."""
    pending: dict[int, _Request] = {}
    for request in batch:
        if request.is_pending:
            pending.setdefault(request.work.lane, request)
    return list(pending.values())


def _offer(execution: _Execution, claim: LaneClaim | None) -> Offer:
    cursor = execution.cursor
    if claim is None or cursor is None:
        return Offer(is_over=cursor is None or execution.chunks.is_over(cursor))
    width = min(cursor.pace.width(), claim.size)
    return Offer(claim, execution.chunks.reference(claim.first), width)
