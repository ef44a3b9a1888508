"""Queue of requests for scorers: first come, first served, without loading models over and over.

A request takes whichever scorer of its key is idle first. Scorers are started for a key, not for a
request: one at once if there is none, further ones when requests keep waiting. So a small job is
done by the scorer that is there, or the first that is, and a long one soon has all its slots.

Pure bookkeeping, without threads or processes; `pool.py` guards it with its lock.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from scoring.pool.demand import DemandTracker
from scoring.pool.tickets import P, Start, Ticket
from scoring.process.result import FailureCause, ScorerError
from scoring.process.spec import ScorerSpec

# A scorer that has just become free most likely gets its deployment's next mini-batch at once.
_GRACE = 0.25
# Loading costs seconds: deployments that compete for room keep a scorer at least this long.
_RESIDENCE = 10.0
# How long requests wait for a loaded scorer before a further one is started. A small job is done by
# then, and a long one hardly notices.
_PATIENCE = 0.5
# The same while the first is being loaded. Several at once load more slowly on few cores.
_LOADING_PATIENCE = 1.0
# How long a key makes do with the scorers that it has after a further one could not be loaded.
_HOLD_BACK = 60.0


@dataclass(frozen=True)
class _Idle(Generic[P]):
    scorer: P
    since: float


class ScorerQueue(Generic[P]):
    """Hands out scorers, and decides which to start.

    Args:
        max_scorers: Processes at most, over all keys.
    """

    def __init__(self, max_scorers: int) -> None:
        if max_scorers < 1:
            raise ValueError(f"max_scorers must be at least 1, not {max_scorers}.")
        self._max = max_scorers
        self._idle: list[_Idle[P]] = []
        self._in_use: Counter[str] = Counter()
        self._starting: list[Start[P]] = []
        self._waiting: list[Ticket[P]] = []
        self._demand = DemandTracker()
        self._loaded: set[str] = set()
        self._held_back: dict[str, float] = {}

    @property
    def is_busy(self) -> bool:
        """True if any ticket waits, or any scorer is in use or being started."""
        return bool(self._waiting or self._starting) or self._in_use.total() > 0

    def enter(self, spec: ScorerSpec, slots: int) -> Ticket[P]:
        """Queues up; `dispatch` gives the ticket its scorer."""
        ticket: Ticket[P] = Ticket(spec, max(1, slots))
        self._waiting.append(ticket)
        return ticket

    def leave(self, ticket: Ticket[P]) -> None:
        """Gives up a ticket that is not settled."""
        self._waiting.remove(ticket)

    def dispatch(self, now: float) -> list[Start[P]]:
        """Gives idle scorers to those who wait, in order, and says which scorers to start.

        Each start has to be answered by `join` or `fail`.
        """
        unmet: Counter[str] = Counter()
        starts: list[Start[P]] = []
        for ticket in list(self._waiting):
            if self._in_use[ticket.key] >= ticket.slots or self._grant(ticket):
                continue
            unmet[ticket.key] += 1
            start = self._start(ticket, unmet[ticket.key], now)
            if start is not None:
                starts.append(start)
        self._demand.update(unmet, now)
        return starts

    def join(self, start: Start[P], scorer: P, now: float) -> None:
        """Takes a started scorer."""
        if self._count(start.key) == self._count_starting(start.key):
            # From now on it can be seen whether this one is enough.
            self._demand.restart(start.key, now)
        self._starting.remove(start)
        self._idle.append(_Idle(scorer, now))
        self._loaded.add(start.key)
        self._held_back.pop(start.key, None)

    def fail(self, start: Start[P], error: ScorerError | None, now: float) -> bool:
        """Ends a start that gave no scorer.

        Where others of its key are loaded, these have to do for a while. Else whoever waits longest
        gets the error, if there is one: as each failure then settles a ticket, a model that never
        loads is not started forever.

        Returns:
            Whether the key has to do with the scorers that it has.
        """
        key = start.key
        self._starting.remove(start)
        self._demand.restart(key, now)
        if error is None:
            return False
        if self._count_loaded(key):
            self._held_back[key] = now + _HOLD_BACK
            return True
        ticket = next((ticket for ticket in self._waiting if ticket.key == key), None)
        if ticket is not None:
            ticket.error = _reload_error(error) if key in self._loaded else error
            self._waiting.remove(ticket)
        return False

    def is_starting(self, key: str) -> bool:
        """True if a scorer of this key is being started."""
        return self._count_starting(key) > 0

    def release(self, ticket: Ticket[P], scorer: P | None, now: float) -> None:
        """Takes a granted ticket back, and its scorer if it can be used again."""
        self._in_use[ticket.key] -= 1
        if scorer is not None:
            self._idle.append(_Idle(scorer, now))

    def take_idle(self, before: float | None = None) -> list[P]:
        """Removes the scorers that are idle; given a time, those idle since then and dead ones."""
        return self._evict(
            idle
            for idle in self._idle
            if before is None or idle.since <= before or not idle.scorer.is_alive
        )

    def _grant(self, ticket: Ticket[P]) -> bool:
        for idle in reversed(self._idle):
            if idle.scorer.key == ticket.key and idle.scorer.is_alive:
                self._idle.remove(idle)
                self._in_use[ticket.key] += 1
                self._waiting.remove(ticket)
                ticket.scorer = idle.scorer
                return True
        return False

    def _start(self, ticket: Ticket[P], place: int, now: float) -> Start[P] | None:
        """Starts a scorer for a ticket, if it may run and the scorers on their way are not enough.

        Args:
            ticket: Who waits.
            place: Its place among those of its key that wait, from 1.
            now: The time.
        """
        key = ticket.key
        is_covered = place <= self._count_starting(key)
        if is_covered or self._in_use[key] + place > ticket.slots or not self._is_due(key, now):
            return None
        evicted = self._make_room(key, now)
        if evicted is None:
            return None
        if self._count(key) == 0:
            self._demand.restart(key, now)
        start = Start(ticket.spec, evicted)
        self._starting.append(start)
        return start

    def _is_due(self, key: str, now: float) -> bool:
        if self._count_loaded(key) and now < self._held_back.get(key, now):
            return False
        if self._in_use[key]:
            return self._demand.seconds(key, now) >= _PATIENCE
        return not self._count_starting(key) or self._demand.seconds(key, now) >= _LOADING_PATIENCE

    def _make_room(self, key: str, now: float) -> list[P] | None:
        """Returns what to end before a scorer of this key is started; None if it has to wait."""
        dead = [idle for idle in self._idle if not idle.scorer.is_alive]
        size = self._in_use.total() + len(self._starting) + len(self._idle)
        if size - len(dead) < self._max:
            return self._evict(dead)
        for idle in self._idle:
            if self._may_evict(idle, key, now):
                return self._evict([idle])
        self._give_up_a_start()
        return None

    def _give_up_a_start(self) -> None:
        if not any(start.given_up for start in self._starting):
            for start in self._starting:
                if not self._is_wanted(start.key) and not self._demand.lasts(start.key):
                    start.given_up = True
                    return

    def _evict(self, evicted: Iterable[_Idle[P]]) -> list[P]:
        evicted = list(evicted)
        self._idle = [idle for idle in self._idle if idle not in evicted]
        return [idle.scorer for idle in evicted]

    def _may_evict(self, idle: _Idle[P], key: str, now: float) -> bool:
        owner = idle.scorer.key
        if not self._is_wanted(owner) and now - idle.since >= _GRACE:
            return True
        has_more = self._count(owner) > self._count(key)
        return has_more and now - idle.scorer.started >= _RESIDENCE

    def _is_wanted(self, key: str) -> bool:
        return any(ticket.key == key for ticket in self._waiting)

    def _count(self, key: str) -> int:
        idle = sum(idle.scorer.key == key for idle in self._idle)
        return self._in_use[key] + self._count_starting(key) + idle

    def _count_loaded(self, key: str) -> int:
        idle = sum(idle.scorer.key == key and idle.scorer.is_alive for idle in self._idle)
        return self._in_use[key] + idle

    def _count_starting(self, key: str) -> int:
        return sum(start.key == key for start in self._starting)


def _reload_error(error: ScorerError) -> ScorerError:
    """The error as that of a model that is known to load: it costs an attempt, not the job."""
    message = f"a scorer could not be started again: {error.message}"
    return ScorerError(
        FailureCause.RELOAD_FAILED, message, traceback=error.traceback, log=error.log
    )
