"""Scores one job: plans its input part by part, and runs one sub-orchestration per chunk.

Lifecycle: admit_job until the compute has room -> prepare_job -> plan_page for each part of the
input, while score_chunk runs for the chunks that are planned -> finish_job. After a number of
chunks it continues as new, so that its history stays short however large the job is.
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

import azure.durable_functions as df

from orchestrators.retries import HOST_RETRIES
from shared.domain.orchestration import (
    ADMISSIONS_PER_GENERATION,
    ADMIT_JOB,
    CHUNKS_PER_GENERATION,
    FINISH_JOB,
    PLAN_PAGE,
    PREPARE_JOB,
    SCORE_CHUNK,
    ChunkWork,
    JobWork,
)
from shared.domain.plan import MINI_BATCHES_PER_CHUNK

Orchestration = Generator[Any, Any, Any]


@dataclass(frozen=True)
class _Planned:
    """A chunk that can be started, and its place in the plan."""

    page: int
    offset: int
    chunk: int
    size: int
    nonce: str
    split: bool


def score_job(context: df.DurableOrchestrationContext) -> Orchestration:
    """Runs a job to its end.

    Returns:
        The job's final status.
    """
    work = JobWork(**cast("dict[str, Any]", context.get_input()))
    error: dict[str, str] | None = None
    try:
        if work.page == 0 and work.offset == 0:
            is_admitted = yield from _wait_for_admission(context, work)
            if not is_admitted:
                context.continue_as_new(work.payload())
                return None
            error = yield context.call_activity_with_retry(PREPARE_JOB, HOST_RETRIES, work.job)
        if error is None:
            generation = _Generation(context, work)
            following = yield from generation.run()
            if following is not None:
                context.continue_as_new(following.payload())
                return None
            error = generation.error
    except Exception as failure:  # noqa: BLE001 - whatever gave up, the job must end
        error = {"code": "ExecutionFailed", "message": str(failure)}
    ending = {"job": work.job, "run": work.run, "error": error}
    status = yield context.call_activity_with_retry(FINISH_JOB, HOST_RETRIES, ending)
    return status


def _wait_for_admission(context: df.DurableOrchestrationContext, work: JobWork) -> Orchestration:
    """Asks until the job may run; False if the history has become long enough by asking."""
    for _ in range(ADMISSIONS_PER_GENERATION):
        answer = yield context.call_activity_with_retry(ADMIT_JOB, HOST_RETRIES, work.job)
        if answer["is_admitted"]:
            return True
        again_at = context.current_utc_datetime + timedelta(seconds=answer["seconds"])
        yield context.create_timer(again_at)
    return False


class _Generation:
    """The chunks that are run between two times that the orchestration starts as new."""

    def __init__(self, context: df.DurableOrchestrationContext, work: JobWork) -> None:
        self._context = context
        self._work = work
        self._next_page: int | None = work.page
        self._ready: deque[_Planned] = deque()
        self._planning: Any = None
        self._running: list[Any] = []
        self._started = 0
        self._at_once = max(2, -(-work.window // MINI_BATCHES_PER_CHUNK) + 1)
        self.stop: str | None = None
        self.error: dict[str, str] | None = None

    def run(self) -> Orchestration:
        """Plans and runs chunks until all is done, or enough for one history.

        Returns:
            The work to continue as new with, None if there is none left.
        """
        while True:
            self._plan_ahead()
            self._start_chunks()
            under_way = [*self._running, *([self._planning] if self._planning else [])]
            if not under_way:
                break
            finished = yield self._context.task_any(under_way)
            self._take(finished)
        return self._rest()

    @property
    def _ending(self) -> bool:
        return self.stop is not None or self.error is not None

    @property
    def _full(self) -> bool:
        return self._started >= CHUNKS_PER_GENERATION

    def _plan_ahead(self) -> None:
        short = len(self._ready) < self._at_once
        if self._ending or self._full or self._planning or self._next_page is None or not short:
            return
        page = {"job": self._work.job, "page": self._next_page}
        self._planning = self._context.call_activity_with_retry(PLAN_PAGE, HOST_RETRIES, page)

    def _start_chunks(self) -> None:
        while self._ready and not self._ending and not self._full:
            if len(self._running) >= self._at_once:
                return
            planned = self._ready.popleft()
            self._started += 1
            work = ChunkWork(
                self._work.job,
                planned.chunk,
                planned.size,
                planned.nonce,
                self._window(),
                self._work.run,
                self._work.resume,
                planned.split,
            )
            self._running.append(self._context.call_sub_orchestrator(SCORE_CHUNK, work.payload()))

    def _window(self) -> int:
        """A chunk's part of the job's window: all of it for the only chunk that there is."""
        alone = not self._running and not self._ready and self._next_page is None
        share = self._work.window if alone else -(-self._work.window // self._at_once)
        return min(share, MINI_BATCHES_PER_CHUNK)

    def _take(self, finished: Any) -> None:  # noqa: ANN401 - the SDK's tasks have no public type
        answer = finished.result
        is_plan = finished is self._planning
        if is_plan:
            self._planning = None
        else:
            self._running.remove(finished)
        if isinstance(answer, Exception):
            self.error = self.error or {"code": "ExecutionFailed", "message": str(answer)}
        elif is_plan:
            self._take_plan(answer)
        else:
            self.stop = self.stop or answer["stop"]
            self.error = self.error or answer["error"]

    def _take_plan(self, answer: dict[str, Any]) -> None:
        self.error = self.error or answer["error"]
        if answer["error"] is not None:
            return
        page: int = answer["page"]
        skip = self._work.offset if page == self._work.page else 0
        for offset, size in list(enumerate(answer["sizes"]))[skip:]:
            chunk = answer["first_chunk"] + offset
            split = offset in answer.get("split", ())
            self._ready.append(_Planned(page, offset, chunk, size, answer["nonce"], split))
        self._next_page = page + 1 if answer["more"] else None

    def _rest(self) -> JobWork | None:
        if self._ending:
            return None
        if self._ready:
            first = self._ready[0]
            return replace(self._work, page=first.page, offset=first.offset)
        if self._next_page is not None:
            return replace(self._work, page=self._next_page, offset=0)
        return None
