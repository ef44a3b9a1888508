"""Whether a job is to stop, without asking storage for each mini-batch."""

import threading
import time
from collections.abc import Callable

from shared.domain.job import Stop, StopReason
from shared.storage.jobs import JobRepository

FRESH_SECONDS = 1.0


class StopSignals:
    """Remembers for a second what storage said; what this process asked for counts at once."""

    def __init__(
        self, jobs: JobRepository, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = jobs
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, StopReason | None]] = {}

    def reason(self, job: str) -> StopReason | None:
        """Why the job is to stop, None if it is not."""
        now = self._monotonic()
        with self._lock:
            seen = self._seen.get(job)
            if seen is not None and (seen[1] is not None or now - seen[0] < FRESH_SECONDS):
                return seen[1]
        stop = self._jobs.find_stop(job)
        reason = stop.reason if stop else None
        self._remember(job, reason)
        return reason

    def request(self, job: str, stop: Stop) -> StopReason:
        """Asks the job to start nothing more; tells why, for the orchestrator."""
        self._jobs.request_stop(job, stop)
        self._remember(job, stop.reason)
        return stop.reason

    def _remember(self, job: str, reason: StopReason | None) -> None:
        with self._lock:
            self._seen[job] = (self._monotonic(), reason)
            if len(self._seen) > 1000:
                del self._seen[next(iter(self._seen))]
