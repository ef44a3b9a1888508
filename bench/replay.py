"""The durable history of lanes, and what replaying it costs, without a host.

Orchestrators are driven through the durable SDK's own executor, as the Functions host drives them:
each completion replays the whole history of its instance.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orchestrators.score_lane import score_lane
from shared.jobs.plan import MINI_BATCHES_PER_SEGMENT
from shared.jobs.work import LaneWork, MiniBatchAnswer, NextChunk, Outcome, Turn
from tests.durable_sdk import Execution

WIDTHS = (1, MINI_BATCHES_PER_SEGMENT)


@dataclass(frozen=True)
class Replay:
    """One lane that has scored so many mini-batches, in full chunks.

    Attributes:
        mini_batches: How many it has scored.
        width: How many of them at once.
        longest: Events of the longest history that it has had.
        replayed: Events that were replayed.
        seconds: CPU time of the SDK and the orchestrator.
    """

    mini_batches: int
    width: int
    longest: int = 0
    replayed: int = 0
    seconds: float = 0.0

    @property
    def ms(self) -> float:
        """CPU milliseconds of replay for each mini-batch."""
        return self.seconds / self.mini_batches * 1000

    def document(self) -> dict[str, object]:
        """The numbers as plain values."""
        return {**asdict(self), "ms": self.ms}


def measure(scales: Sequence[int]) -> list[Replay]:
    """Drives a lane at each scale and width."""
    return [_lane(scale, width) for width in WIDTHS for scale in scales]


def _lane(mini_batches: int, width: int) -> Replay:
    handlers = {
        "next_chunk": _chunks(mini_batches, width),
        "score_mini_batch": _score,
    }
    execution = Execution(score_lane, handlers)
    work = LaneWork("job", 1, "id", epoch="e", lanes=1, resume=False, lane=0)
    started = time.process_time()
    execution.run(work.payload())
    seconds = time.process_time() - started
    longest = max(len(generation.history) for generation in execution.recorded)
    return Replay(mini_batches, width, longest, execution.replayed, seconds)


def _score(_: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return MiniBatchAnswer(Outcome.DONE.value).payload()


def _chunks(mini_batches: int, width: int) -> Callable[[Any], Any]:
    size = MINI_BATCHES_PER_SEGMENT

    def claim(work: dict[str, Any]) -> dict[str, Any]:
        turn: int = work["turn"]
        if turn * size >= mini_batches:
            return NextChunk(Turn.END.value).payload()
        return NextChunk(
            Turn.SCORE.value,
            first=turn * size,
            size=min(size, mini_batches - turn * size),
            turn=turn,
            receipt="etag",
            plan="000000-0123456789ab",
            width=width,
        ).payload()

    return claim
