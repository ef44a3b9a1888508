"""The scorers of this host: started when needed, reused while wanted, never more than allowed."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from scoring.pool.scorer_queue import ScorerQueue
from scoring.pool.tickets import Start, Ticket
from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.scorer import Scorer
from scoring.process.spec import ScoreRequest, ScorerSpec
from shared.endpoints.time_budget import INIT_SECONDS, MOST_WAIT_SECONDS

logger = logging.getLogger(__name__)
_TICK = 0.1
_Result = TypeVar("_Result")


class ScorerPool:
    """Scores mini-batches in child processes; all methods may be called from any thread.

    Scorers are started in the background, when `waiting.py` says so. A request takes the first of
    its key that is free, be it loaded long since or only now. One that fails to load while others
    of its key are loaded is done without; else it fails one waiting request, and the others go on
    waiting for a next try.

    Args:
        max_scorers: Processes at most, over all deployments.
        idle_seconds: How long a scorer that nobody uses is kept.
        init_timeout: Seconds for one `init()`.
    """

    def __init__(
        self, max_scorers: int, idle_seconds: float = 300, init_timeout: float = INIT_SECONDS
    ) -> None:
        self._queue: ScorerQueue[Scorer] = ScorerQueue(max_scorers)
        self._idle_seconds = idle_seconds
        self._init_timeout = init_timeout
        self._changed = threading.Condition()
        self._closed = False
        self._keeper = threading.Thread(target=self._keep, name="scorer-keeper", daemon=True)
        self._keeper.start()

    def score(
        self,
        spec: ScorerSpec,
        request: ScoreRequest,
        *,
        slots: int,
        canceled: threading.Event | None = None,
        max_wait: float = MOST_WAIT_SECONDS,
    ) -> ScoreResult:
        """Scores one mini-batch, as soon as a scorer is free or may be started.

        Args:
            spec: The scorer to use.
            request: What to score; its timeout counts from when a scorer is there.
            slots: How many mini-batches of this spec's key may be scored at once.
            canceled: Set by another thread to give up, which kills a `run()` under way.
            max_wait: Seconds to wait for a scorer; one that is just being started is still
                waited for, at most `init_timeout` more.

        Raises:
            ScorerError: The attempt failed, or none was made (BUSY).
        """
        wait = _Wait(slots, self._canceler(canceled), time.monotonic() + max_wait)
        return self._with_scorer(spec, wait, lambda s: s.score(request, wait.is_canceled))

    def warm(
        self, spec: ScorerSpec, *, slots: int = 1, canceled: threading.Event | None = None
    ) -> None:
        """Makes sure that a scorer of this spec can be started, and keeps it for later.

        Raises:
            ScorerError: INIT_FAILED, RELOAD_FAILED, BUSY or CANCELED.
        """
        deadline = time.monotonic() + MOST_WAIT_SECONDS
        wait = _Wait(slots, self._canceler(canceled), deadline)
        self._with_scorer(spec, wait, lambda _: None)

    def close(self) -> None:
        """Cancels what is under way, ends all scorers and waits until they are gone."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            while self._queue.is_busy:
                self._changed.wait(_TICK)
            idle = self._queue.take_idle()
        self._keeper.join()
        _close(idle)

    def _canceler(self, canceled: threading.Event | None) -> Callable[[], bool]:
        return lambda: self._closed or (canceled is not None and canceled.is_set())

    def _with_scorer(
        self, spec: ScorerSpec, wait: "_Wait", use: Callable[[Scorer], _Result]
    ) -> _Result:
        ticket, scorer = self._admit(spec, wait)
        try:
            if wait.is_canceled():
                # A `run()` that is canceled costs its scorer; here that can still be spared.
                raise _canceled()
            return use(scorer)
        finally:
            if not scorer.is_alive:
                scorer.close()
            self._release(ticket, scorer)

    def _admit(self, spec: ScorerSpec, wait: "_Wait") -> tuple[Ticket[Scorer], Scorer]:
        with self._changed:
            ticket = self._queue.enter(spec, wait.slots)
            while ticket.scorer is None:
                if ticket.error is not None:
                    raise ticket.error
                if wait.is_canceled():
                    self._queue.leave(ticket)
                    raise _canceled()
                self._dispatch()
                if ticket.is_settled:
                    continue
                if self._is_over(ticket, wait):
                    self._queue.leave(ticket)
                    raise ScorerError(FailureCause.BUSY, "no scorer became free in time")
                self._changed.wait(_TICK)
            return ticket, ticket.scorer

    def _is_over(self, ticket: Ticket[Scorer], wait: "_Wait") -> bool:
        late = time.monotonic() - wait.deadline
        # Leaving a start alone that nearly is there could go on forever.
        return late >= (self._init_timeout if self._queue.is_starting(ticket.key) else 0)

    def _release(self, ticket: Ticket[Scorer], scorer: Scorer) -> None:
        usable = scorer if scorer.is_alive else None
        with self._changed:
            self._queue.release(ticket, usable, time.monotonic())
            self._dispatch()
            self._changed.notify_all()

    def _dispatch(self) -> None:
        if self._closed:
            return
        for start in self._queue.dispatch(time.monotonic()):
            # In a thread of its own, as no request is to wait for a scorer that it may not need.
            thread = threading.Thread(target=self._start, args=(start,), daemon=True)
            try:
                thread.start()
            except RuntimeError as error:
                message = f"the scorer could not be started: {error}"
                _close(start.evicted)
                self._settle(start, None, ScorerError(FailureCause.INIT_FAILED, message))

    def _start(self, start: Start[Scorer]) -> None:
        scorer: Scorer | None = None
        error = ScorerError(FailureCause.INIT_FAILED, "the scorer could not be started")
        try:
            _close(start.evicted)
            scorer = Scorer(start.spec, self._init_timeout, lambda: self._closed or start.given_up)
        except ScorerError as failed:
            error = failed
        finally:
            self._settle(start, scorer, error)

    def _settle(self, start: Start[Scorer], scorer: Scorer | None, error: ScorerError) -> None:
        is_failure = error.cause is not FailureCause.CANCELED
        with self._changed:
            if scorer is not None:
                self._queue.join(start, scorer, time.monotonic())
            elif self._queue.fail(start, error if is_failure else None, time.monotonic()):
                logger.warning(
                    "a further scorer of %s could not be loaded; going on with those that are "
                    "there: %s",
                    start.key,
                    error.message,
                )
            self._dispatch()
            self._changed.notify_all()

    def _keep(self) -> None:
        """Ends scorers that were idle for too long."""
        while True:
            with self._changed:
                if self._closed:
                    return
                now = time.monotonic()
                stale = self._queue.take_idle(before=now - self._idle_seconds)
                if not stale:
                    self._changed.wait(min(self._idle_seconds, 10))
            _close(stale)


@dataclass(frozen=True)
class _Wait:
    """A request's wait for its scorer."""

    slots: int
    is_canceled: Callable[[], bool]
    deadline: float


def _canceled() -> ScorerError:
    return ScorerError(FailureCause.CANCELED, "canceled while waiting for a scorer")


def _close(scorers: Sequence[Scorer]) -> None:
    for scorer in scorers:
        scorer.close()
