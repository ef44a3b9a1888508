"""Who gets a scorer next: first come, first served, without starting models over and over.

Pure bookkeeping, without threads or processes; `pool.py` guards it with its lock.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

# A scorer that has just become free most likely gets its deployment's next mini-batch at once.
_GRACE = 0.25
# Loading costs seconds: deployments that compete for room keep a scorer at least this long.
_RESIDENCE = 10.0


class _Process(Protocol):
    key: str
    started: float

    @property
    def is_alive(self) -> bool: ...


P = TypeVar("P", bound=_Process)


@dataclass(eq=False)
class Ticket(Generic[P]):
    """A place in the queue.

    Attributes:
        key: Whose scorer is wanted.
        slots: How many of this key may be in use at once.
        granted: Whether it is this ticket's turn.
        scorer: The scorer to use; None if one is to be started.
        evicted: Scorers that the holder has to end first.
    """

    key: str
    slots: int
    granted: bool = False
    scorer: P | None = None
    evicted: list[P] = field(default_factory=list[P])


@dataclass(frozen=True)
class _Idle(Generic[P]):
    scorer: P
    since: float


class ScorerQueue(Generic[P]):
    """Hands out scorers and room for new ones.

    Args:
        max_scorers: Processes at most, over all keys.
    """

    def __init__(self, max_scorers: int) -> None:
        if max_scorers < 1:
            raise ValueError(f"max_scorers must be at least 1, not {max_scorers}.")
        self._max = max_scorers
        self._idle: list[_Idle[P]] = []
        self._in_use: Counter[str] = Counter()
        self._waiting: list[Ticket[P]] = []

    @property
    def is_busy(self) -> bool:
        """Whether any ticket waits or is in use."""
        return bool(self._waiting) or self._in_use.total() > 0

    def enter(self, key: str, slots: int) -> Ticket[P]:
        """Queues up; `dispatch` grants the ticket."""
        ticket: Ticket[P] = Ticket(key, max(1, slots))
        self._waiting.append(ticket)
        return ticket

    def leave(self, ticket: Ticket[P]) -> None:
        """Gives up a ticket that was not granted."""
        self._waiting.remove(ticket)

    def dispatch(self, now: float) -> bool:
        """Grants what can be granted, in order, and says whether anything was."""
        granted = [ticket for ticket in list(self._waiting) if self._grant(ticket, now)]
        return bool(granted)

    def release(self, ticket: Ticket[P], scorer: P | None, now: float) -> None:
        """Takes a granted ticket back, and its scorer if it can be used again."""
        self._in_use[ticket.key] -= 1
        if scorer is not None:
            self._idle.append(_Idle(scorer, now))

    def take_idle(self, before: float | None = None) -> list[P]:
        """Removes the scorers that are idle, since before that time if one is given."""
        taken = [idle for idle in self._idle if before is None or idle.since <= before]
        self._idle = [idle for idle in self._idle if idle not in taken]
        return [idle.scorer for idle in taken]

    def _grant(self, ticket: Ticket[P], now: float) -> bool:
        if self._in_use[ticket.key] >= ticket.slots:
            return False
        ticket.scorer = self._take_own(ticket)
        if ticket.scorer is None and not self._make_room(ticket, now):
            return False
        self._in_use[ticket.key] += 1
        self._waiting.remove(ticket)
        ticket.granted = True
        return True

    def _take_own(self, ticket: Ticket[P]) -> P | None:
        for idle in reversed(self._idle):
            if idle.scorer.key == ticket.key:
                self._idle.remove(idle)
                if idle.scorer.is_alive:
                    return idle.scorer
                ticket.evicted.append(idle.scorer)
                return self._take_own(ticket)
        return None

    def _make_room(self, ticket: Ticket[P], now: float) -> bool:
        if self._in_use.total() + len(self._idle) < self._max:
            return True
        for idle in self._idle:
            if self._may_evict(idle, ticket.key, now):
                self._idle.remove(idle)
                ticket.evicted.append(idle.scorer)
                return True
        return False

    def _may_evict(self, idle: _Idle[P], key: str, now: float) -> bool:
        owner = idle.scorer.key
        is_wanted = any(ticket.key == owner for ticket in self._waiting)
        if not is_wanted and now - idle.since >= _GRACE:
            return True
        has_more = self._count(owner) > self._count(key)
        return has_more and now - idle.scorer.started >= _RESIDENCE

    def _count(self, key: str) -> int:
        return self._in_use[key] + sum(idle.scorer.key == key for idle in self._idle)
