"""Request of a lane at each of its turns: to record its chunk, and to get the next one."""

from shared.errors import InvalidError
from shared.jobs.frozen import FrozenJobs
from shared.jobs.model import Stop, StopReason
from shared.jobs.records import ChunkRecord
from shared.jobs.stop_signals import StopSignals
from shared.jobs.work import LaneWork, NextChunk, Turn
from shared.lanes.chunk_queue import ChunkQueue, Offer
from shared.results.store import Results

WAIT_SECONDS = 1.0


class LaneService:
    """Serves the lanes of jobs."""

    def __init__(
        self, jobs: FrozenJobs, results: Results, queue: ChunkQueue, stops: StopSignals
    ) -> None:
        self._jobs = jobs
        self._results = results
        self._queue = queue
        self._stops = stops

    def next_chunk(self, work: LaneWork) -> NextChunk:
        """Records the chunk that a lane has scored, and claims the next one.

        Raises:
            BatchpointError: It could not be done now; worth a retry.
        """
        if self._stops.reason(work.key) is not None:
            return NextChunk(Turn.END.value)
        try:
            handed_in = self._gathered(work)
        except InvalidError as error:
            # No further try makes rows fit together that do not.
            self._stops.request(work.key, Stop(StopReason.FAILED, error.message, code=error.code))
            return NextChunk(Turn.END.value)
        return self._answer(work, self._queue.next(work, handed_in))

    def _gathered(self, work: LaneWork) -> ChunkRecord | None:
        return None if work.first is None else self._results.gather(self._jobs.of(work.key), work)

    def _answer(self, work: LaneWork, offer: Offer) -> NextChunk:
        claim = offer.claim
        if claim is None or offer.plan is None:
            if offer.is_over:
                return NextChunk(Turn.END.value)
            return NextChunk(Turn.WAIT.value, wait=WAIT_SECONDS)
        todo = None
        if work.resume:
            todo = self._results.reopen(self._jobs.of(work.key), claim.first, claim.size)
        return NextChunk(
            Turn.SCORE.value,
            first=claim.first,
            size=claim.size,
            ordinal=claim.ordinal,
            turn=claim.turn,
            receipt=claim.etag,
            plan=offer.plan.text,
            width=offer.width,
            todo=todo,
        )
