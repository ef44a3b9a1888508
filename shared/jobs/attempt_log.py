"""Notes failed attempts at mini-batches among what happened to a job."""

import logging
import threading
from collections import Counter

from shared.clock import Clock, utc_now
from shared.errors import StorageError
from shared.jobs.events import EventRepository, JobEvent
from shared.jobs.model import JobRun
from shared.jobs.work import MiniBatchWork

logger = logging.getLogger(__name__)
MAX_NOTED = 1000
REASON_CHARACTERS = 500


class AttemptLog:
    """Notes a bounded number of failed attempts for each run of a job and each process.

    A job may have a hundred thousand mini-batches of which each fails four times.
    """

    def __init__(
        self, events: EventRepository, clock: Clock = utc_now, *, maximum: int = MAX_NOTED
    ) -> None:
        self._events = events
        self._clock = clock
        self._maximum = maximum
        self._lock = threading.Lock()
        self._noted = Counter[JobRun]()

    def retried(self, item: MiniBatchWork, reason: str) -> None:
        """Notes that an attempt failed and there will be another."""
        self._note(item, f"attempt {item.attempt} failed and is repeated: {_short(reason)}")

    def gave_up(self, item: MiniBatchWork, files: int, reason: str) -> None:
        """Notes that the last attempt failed."""
        times = f"attempt {item.attempt}, the last one, failed, and with it {files} files"
        self._note(item, f"{times}: {_short(reason)}")

    def _note(self, item: MiniBatchWork, text: str) -> None:
        with self._lock:
            if len(self._noted) > self._maximum and item.key not in self._noted:
                del self._noted[next(iter(self._noted))]
            self._noted[item.key] += 1
            count = self._noted[item.key]
        if count > self._maximum:
            return
        line = f"mini-batch {item.number}: {text}"
        if count == self._maximum:
            line += "; further failed attempts are in the logs of their mini-batches only"
        try:
            self._events.add(item.job, JobEvent(self._clock(), line))
        except StorageError:
            # A note is not worth another attempt.
            logger.warning("job %s: %s (could not be noted)", item.job, line)


def _short(reason: str) -> str:
    return reason.strip().partition("\n")[0][:REASON_CHARACTERS]
