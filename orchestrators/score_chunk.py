"""Scores one chunk: one activity per mini-batch, a bounded number at once.

Lifecycle: (open_chunk, when an earlier execution may have left results) -> (scan_pieces, several at
once, where files are split) -> score_mini_batch for each mini-batch, again while its attempts last,
or if no scorer was free -> collect_chunk. Once any mini-batch answers that the job is to stop,
nothing more is started.
"""

from collections import deque
from collections.abc import Generator, Sequence
from typing import Any, cast

import azure.durable_functions as df

from orchestrators.retries import HOST_RETRIES
from shared.domain.orchestration import (
    COLLECT_CHUNK,
    OPEN_CHUNK,
    SCAN_PIECES,
    SCORE_MINI_BATCH,
    ChunkWork,
    MiniBatchWork,
    ScanWork,
)

Orchestration = Generator[Any, Any, Any]


def score_chunk(context: df.DurableOrchestrationContext) -> Orchestration:
    """Scores the mini-batches of one chunk.

    Returns:
        `stop`: why the job is to stop, None if it is not; `error`: why the chunk's results do not
        fit together, None if they do.
    """
    work = ChunkWork(**cast("dict[str, Any]", context.get_input()))
    todo: Sequence[int] = range(work.size)
    if work.resume:
        todo = yield context.call_activity_with_retry(OPEN_CHUNK, HOST_RETRIES, work.payload())
    if work.split and todo:
        yield context.task_all(
            [
                context.call_activity_with_retry(SCAN_PIECES, HOST_RETRIES, scan.payload())
                for scan in _scans(work)
            ]
        )
    stop = yield from _score_all(context, work, todo)
    if stop is not None:
        return {"stop": stop, "error": None}
    error = yield context.call_activity_with_retry(COLLECT_CHUNK, HOST_RETRIES, work.payload())
    return {"stop": None, "error": error}


def _scans(work: ChunkWork) -> list[ScanWork]:
    """Looks through the chunk's pieces, in as many shares as mini-batches are under way at once."""
    shares = min(work.window, work.size)
    return [
        ScanWork(work.job, work.chunk, work.nonce, share, shares, work.run)
        for share in range(shares)
    ]


def _score_all(
    context: df.DurableOrchestrationContext, work: ChunkWork, todo: Sequence[int]
) -> Orchestration:
    waiting = deque((index, 1) for index in todo)
    running: dict[Any, tuple[int, int]] = {}
    stop: str | None = None
    while running or (waiting and stop is None):
        while waiting and stop is None and len(running) < work.window:
            index, attempt = waiting.popleft()
            running[_start(context, work, index, attempt)] = (index, attempt)
        finished = yield context.task_any(list(running))
        index, attempt = running.pop(finished)
        answer = finished.result
        if isinstance(answer, Exception):
            raise answer
        if answer["outcome"] == "retry":
            waiting.appendleft((index, attempt + 1))
        elif answer["outcome"] == "busy":
            # It has waited for minutes already; others may have been waiting for longer.
            waiting.append((index, attempt))
        stop = stop or answer["stop"]
    return stop


def _start(
    context: df.DurableOrchestrationContext, work: ChunkWork, index: int, attempt: int
) -> Any:  # noqa: ANN401 - the SDK's tasks have no public type
    item = MiniBatchWork(work.job, work.chunk, index, work.nonce, attempt, work.run)
    return context.call_activity_with_retry(SCORE_MINI_BATCH, HOST_RETRIES, item.payload())
