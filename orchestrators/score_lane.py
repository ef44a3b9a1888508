"""Scores mini-batches of one job, chunk after chunk, beside other lanes.

Lifecycle, in a loop: next_chunk, which records the chunk before and claims another ->
score_mini_batch for each of its mini-batches, some at once where they are tiny, again while their
attempts last or if no scorer was free. It continues as new while its history is short, and ends
when nothing is left or the job is to stop.
"""

from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import azure.durable_functions as df

from orchestrators.calls import Orchestration, call, call_all, stop, told
from shared.jobs.work import (
    ACTIVITIES_PER_GENERATION,
    NEXT_CHUNK,
    SCORE_MINI_BATCH,
    EndWork,
    LaneWork,
    MiniBatchAnswer,
    MiniBatchWork,
    NextChunk,
    Outcome,
    Turn,
)


@dataclass(frozen=True)
class _Scored:
    """Result of a chunk: whether the job is to stop, and its duration.

    Attributes:
        is_stopping: True if the job is to stop.
        calls: Activities that were called.
        seconds: Time that reading and scoring took together.
    """

    is_stopping: bool
    calls: int
    seconds: float


def score_lane(context: df.DurableOrchestrationContext) -> Orchestration:
    """Scores chunks until none is left; an error stops the job, for all lanes to see.

    Returns:
        Why the lane could not go on, as the fields of a `JobError`; None if it could.
    """
    work = LaneWork.read(cast("dict[str, Any]", context.get_input()))
    try:
        following = yield from _score_some(context, work)
    except Exception as failure:  # noqa: BLE001 - whatever gave up, the other lanes must know
        error = told(failure)
        yield from stop(context, EndWork(**work.base(), error=error))
        return error
    if following is not None:
        context.continue_as_new(following.payload())
    return None


def _score_some(context: df.DurableOrchestrationContext, work: LaneWork) -> Orchestration:
    """Scores as many chunks as fit in one history; returns the work to continue with, if any."""
    calls = 0
    while calls < ACTIVITIES_PER_GENERATION:
        answer = yield from call(context, NEXT_CHUNK, work)
        chunk = NextChunk.read(answer)
        calls += 1
        if chunk.kind == Turn.END.value:
            return None
        if chunk.kind == Turn.WAIT.value:
            again_at = context.current_utc_datetime + timedelta(seconds=chunk.wait)
            yield context.create_timer(again_at)
            work = work.without_chunk()
            continue
        scored = yield from _score_chunk(context, work, chunk)
        if scored.is_stopping:
            return None
        calls += scored.calls
        work = work.with_chunk(chunk, scored.seconds)
    return work


def _score_chunk(
    context: df.DurableOrchestrationContext, work: LaneWork, chunk: NextChunk
) -> Orchestration:
    """Scores all mini-batches of a chunk, `width` at once."""
    waiting = deque(
        MiniBatchWork(**work.base(), number=number, plan=chunk.plan) for number in chunk.numbers()
    )
    calls, seconds = 0, 0.0
    while waiting:
        group = [waiting.popleft() for _ in range(min(chunk.width, len(waiting)))]
        answers = yield from call_all(context, SCORE_MINI_BATCH, group)
        calls += len(group)
        for item, payload in zip(group, answers, strict=True):
            answer = MiniBatchAnswer.read(payload)
            seconds += answer.seconds
            if answer.stop is not None or answer.outcome == Outcome.STOPPED.value:
                return _Scored(True, calls, seconds)
            if answer.outcome == Outcome.RETRY.value:
                waiting.appendleft(item.next_attempt())
            elif answer.outcome == Outcome.BUSY.value:
                # It has waited for minutes already; the others may have been waiting for longer.
                waiting.append(item)
    return _Scored(False, calls, seconds)
