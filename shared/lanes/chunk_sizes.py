"""Hands out the mini-batches of a job: in chunks, each to one lane.

Chunks are small while little is known and near the end of the input, so that all lanes begin and
end together; in between they hold up to a segment of the plan, as each costs storage requests.
"""

import math
from dataclasses import dataclass

from shared.jobs.plan import MINI_BATCHES_PER_SEGMENT

# A lane takes about this share of what is left, so that the others find work meanwhile.
_SHARE = 2
# Mini-batches that take less together are not worth a claim of their own.
CHUNK_SECONDS = 1.0
# An orchestration's step costs more than a mini-batch that takes less than this.
STEP_SECONDS = 0.25


@dataclass(frozen=True)
class Pace:
    """Durations of a run's mini-batches so far: their number, and seconds in all."""

    mini_batches: int = 0
    seconds: float = 0.0

    @property
    def mean(self) -> float | None:
        """Seconds for one mini-batch; None before any was scored."""
        return self.seconds / self.mini_batches if self.mini_batches else None

    def and_also(self, mini_batches: int, seconds: float) -> "Pace":
        """Returns the pace with some more mini-batches in it."""
        return Pace(self.mini_batches + mini_batches, self.seconds + seconds)

    def width(self) -> int:
        """Returns how many mini-batches a lane scores at once.

        One where they take long, so that no more are under way than the job has lanes; up to a
        whole segment where they are tiny.
        """
        return 1 if self.mean is None else _per(STEP_SECONDS, self.mean)

    def least(self) -> int:
        """Returns how many mini-batches a chunk has at least, if as many are left."""
        return 1 if self.mean is None else _per(CHUNK_SECONDS, self.mean)


def chunk_size(room: int, left: int, lanes: int, least: int) -> int:
    """Decides how many mini-batches the next chunk has.

    Args:
        room: Mini-batches that it may have, 1 or more: those to the end of its segment.
        left: Mini-batches that are planned from its first one on.
        lanes: Lanes that share them.
        least: Mini-batches that a chunk should have.
    """
    wanted = max(least, math.ceil(left / (_SHARE * lanes)))
    if wanted >= room:
        return room
    # Parts of about one size, instead of full ones and a small rest.
    return math.ceil(room / math.ceil(room / wanted))


def _per(seconds: float, each: float) -> int:
    """Returns how many mini-batches take about so long together: one at least."""
    if each * MINI_BATCHES_PER_SEGMENT <= seconds:
        return MINI_BATCHES_PER_SEGMENT
    return max(1, round(seconds / each))
