"""Entries of a pool's queue: requests for a scorer, and scorers that are being started."""

from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from scoring.process.result import ScorerError
from scoring.process.spec import ScorerSpec


class Process(Protocol):
    """The part of a scorer that the queue uses."""

    key: str
    started: float

    @property
    def is_alive(self) -> bool:
        """True if it can score."""
        ...


P = TypeVar("P", bound=Process)


@dataclass(eq=False)
class Ticket(Generic[P]):
    """A request's place in the queue.

    Attributes:
        spec: The scorer that is wanted; any of the same key will do.
        slots: How many of this key may be in use at once.
        scorer: The scorer to use, once it is this ticket's turn.
        error: Why there will be none: a scorer was started for this key, and failed.
    """

    spec: ScorerSpec
    slots: int
    scorer: P | None = None
    error: ScorerError | None = None

    @property
    def key(self) -> str:
        """Deployment whose scorer is wanted."""
        return self.spec.key

    @property
    def is_settled(self) -> bool:
        """True if it has left the queue, with a scorer or an error."""
        return self.scorer is not None or self.error is not None


@dataclass(eq=False)
class Start(Generic[P]):
    """A scorer that is being started, for whoever waits when it is there.

    Attributes:
        spec: What to start.
        evicted: Scorers to end first.
        given_up: Set when nobody waits for it and others need its room.
    """

    spec: ScorerSpec
    evicted: list[P] = field(default_factory=list[P])
    given_up: bool = False

    @property
    def key(self) -> str:
        """Deployment whose scorer it will be."""
        return self.spec.key
