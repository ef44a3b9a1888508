"""Signs of life: when something was last done for a job, and what is being scored."""

import contextlib
import threading
from datetime import datetime, timedelta

from shared.clock import Clock
from shared.errors import StorageError
from shared.jobs.in_progress import InProgressLog
from shared.jobs.repository import JobRepository

PAUSE = timedelta(minutes=1)
REMEMBERED = 1000


class Heartbeat:
    """Notes that an activity of a job began, once a minute at most for each job and process."""

    def __init__(self, jobs: JobRepository, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock
        self._lock = threading.Lock()
        self._noted: dict[str, datetime] = {}
        self.in_progress = InProgressLog(jobs.in_progress, clock)

    def record(self, job: str) -> None:
        """Notes that something is done for a job; if storage does not serve, the next one does."""
        now = self._clock()
        with self._lock:
            last = self._noted.get(job)
            if last is not None and now - last < PAUSE:
                return
            if len(self._noted) >= REMEMBERED:
                self._noted.clear()
            self._noted[job] = now
        with contextlib.suppress(StorageError):
            self._jobs.record_heartbeat(job, now)
