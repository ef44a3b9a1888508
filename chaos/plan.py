"""Faults of each job: drawn from the seed before anything runs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from chaos.kinds import KINDS, Kind, Trap

_LONG_OUTAGE = 12.0


class Blow(StrEnum):
    """Accidents of the processes around a job."""

    KILL_SCORER = "scorer killed"
    KILL_HOST = "host killed"
    KILL_AZURITE = "Azurite killed"


_CHANCES = {Blow.KILL_SCORER: 0.3, Blow.KILL_HOST: 0.1, Blow.KILL_AZURITE: 0.08}


@dataclass(frozen=True)
class PlannedBlow:
    """A blow: so many seconds after its job started, and how long what is killed stays away."""

    blow: Blow
    after: float
    away: float


@dataclass(frozen=True)
class PlannedJob:
    """One job with what befalls it.

    Attributes:
        number: From 0; the job's name is made of it.
        kind: What is run.
        traps: For which of its files which trap is laid; others' jobs may fall into it as well.
        blows: What befalls the processes meanwhile.
        cancel_after: Seconds until it is canceled, if its kind is.
        repeats: How often its invocation, and its resumption, arrive.
    """

    number: int
    kind: Kind
    traps: tuple[tuple[str, Trap], ...]
    blows: tuple[PlannedBlow, ...]
    cancel_after: float
    repeats: int


def make_plan(seed: int, jobs: int, kinds: Sequence[Kind] = KINDS) -> list[PlannedJob]:
    """Draws that many jobs; the first ones are one of each kind."""
    draw = random.Random(seed)
    drawn = [*kinds, *(draw.choice(kinds) for _ in range(jobs))][:jobs]
    return [_plan_job(draw, number, kind) for number, kind in enumerate(drawn)]


def _plan_job(draw: random.Random, number: int, kind: Kind) -> PlannedJob:
    names = list(kind.files())
    count = 0 if kind.deployment == "model" else draw.choice((0, 1, 1, 2))
    traps = tuple((name, draw.choice(list(Trap))) for name in draw.sample(names, count))
    blows = tuple(
        PlannedBlow(blow, draw.uniform(0.0, 1.5), _away(draw))
        for blow, chance in _CHANCES.items()
        if draw.random() < chance
    )
    cancel_after, repeats = draw.uniform(0.0, 0.5), draw.choice((1, 1, 2, 3))
    return PlannedJob(number, kind, traps, blows, cancel_after, repeats)


def _away(draw: random.Random) -> float:
    return draw.uniform(5, _LONG_OUTAGE) if draw.random() < 0.2 else draw.uniform(0, 2)
