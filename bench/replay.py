"""The durable history at each scale, and what replaying it costs, without a host.

Orchestrators are driven through the durable SDK's own executor, as the Functions host drives them:
each completion replays the whole history of its instance.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orchestrators.score_chunk import score_chunk
from orchestrators.score_job import score_job
from shared.domain.plan import MINI_BATCHES_PER_CHUNK
from tests.durable_sdk import Execution

_PAGE_CHUNKS = 20
_WINDOW = 4


@dataclass(frozen=True)
class Replay:
    """One job's orchestrations.

    Attributes:
        mini_batches: How many it has.
        longest: Events of the longest history that any instance has had.
        events: Events that all histories together have had, a part of which is gone by the end.
        replayed: Events that were replayed.
        seconds: CPU time of the SDK and the orchestrators.
    """

    mini_batches: int
    longest: int = 0
    events: int = 0
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
    """Drives a job at each scale, and adds up what its chunks and itself replayed.

    A chunk is driven once, and counted as often as there are chunks: they are all alike.
    """
    chunk = _drive(score_chunk, _chunk_handlers(), _chunk_work())
    return [_job(scale, chunk) for scale in scales]


def _job(mini_batches: int, chunk: Replay) -> Replay:
    chunks = -(-mini_batches // MINI_BATCHES_PER_CHUNK)
    job = _drive(score_job, _job_handlers(chunks), {"job": "job", "window": _WINDOW})
    return Replay(
        mini_batches,
        longest=max(job.longest, chunk.longest),
        events=job.events + chunk.events * chunks,
        replayed=job.replayed + chunk.replayed * chunks,
        seconds=job.seconds + chunk.seconds * chunks,
    )


def _drive(orchestrator: Any, handlers: dict[str, Any], work: dict[str, Any]) -> Replay:  # noqa: ANN401 - as the SDK's decorators take it
    execution = Execution(orchestrator, handlers)
    started = time.process_time()
    execution.run(work)
    seconds = time.process_time() - started
    lengths = [len(generation.history) for generation in execution.recorded]
    return Replay(0, max(lengths), sum(lengths), execution.replayed, seconds)


def _always(answer: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - any JSON
    def handle(_: Any) -> Any:  # noqa: ANN401 - as above
        return answer

    return handle


def _chunk_work() -> dict[str, Any]:
    return {
        "job": "job",
        "chunk": 0,
        "size": MINI_BATCHES_PER_CHUNK,
        "nonce": "0123456789ab",
        "window": _WINDOW // 2,
    }


def _chunk_handlers() -> dict[str, Any]:
    return {
        "score_mini_batch": _always({"outcome": "done", "stop": None}),
        "collect_chunk": _always(None),
    }


def _job_handlers(chunks: int) -> dict[str, Any]:
    def plan(work: dict[str, Any]) -> dict[str, Any]:
        first = work["page"] * _PAGE_CHUNKS
        count = min(_PAGE_CHUNKS, chunks - first)
        return {
            "error": None,
            "page": work["page"],
            "first_chunk": first,
            "sizes": [MINI_BATCHES_PER_CHUNK] * count,
            "nonce": "0123456789ab",
            "more": first + count < chunks,
        }

    return {
        "admit_job": _always({"is_admitted": True, "seconds": 0}),
        "prepare_job": _always(None),
        "plan_page": plan,
        "score_chunk": _always({"stop": None, "error": None}),
        "finish_job": _always("Completed"),
    }
