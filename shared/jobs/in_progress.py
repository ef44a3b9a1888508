"""Notes which mini-batches this process is scoring, for those who watch a job.

A note is made once a second at most, however many mini-batches there are, and tells of those that
have taken half as long: whatever takes less is seen when it is done.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from shared.clock import Clock
from shared.errors import StorageError
from shared.jobs.in_progress_repository import InProgressRepository
from shared.jobs.work import MiniBatchWork

PAUSE = timedelta(seconds=1)
RENEWAL = timedelta(seconds=10)
LASTING = timedelta(seconds=45)
"""After so long, a note that nobody has renewed is that of a process that has died."""

Key = tuple[str, int]


class InProgressLog:
    """Keeps what is under way, by job and run, and has a thread note it while there is any."""

    def __init__(
        self,
        repository: InProgressRepository,
        clock: Clock,
        pause: timedelta = PAUSE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._repository = repository
        self._clock = clock
        self.pause = pause
        self._monotonic = monotonic
        self._process = uuid4().hex[:12]
        self._lock = threading.Lock()
        self._numbers: dict[Key, dict[int, float]] = {}
        self._changed: set[Key] = set()
        self._noted: dict[Key, datetime] = {}
        self._is_ticking = False

    @contextmanager
    def scoring(self, item: MiniBatchWork) -> Generator[None]:
        """Counts a mini-batch as being scored for as long as the context lasts."""
        key = (item.job, item.run)
        with self._lock:
            self._numbers.setdefault(key, {})[item.number] = self._monotonic()
            self._changed.add(key)
            self._tick()
        try:
            yield
        finally:
            with self._lock:
                self._numbers[key].pop(item.number, None)
                self._changed.add(key)
                if not self._numbers[key]:
                    del self._numbers[key]
                self._tick()

    def _tick(self) -> None:
        """Has a thread note what there is in a moment; to be called with the lock."""
        if not self._is_ticking:
            self._is_ticking = True
            timer = threading.Timer(self.pause.total_seconds(), self._note_all)
            timer.daemon = True
            timer.start()

    def _note_all(self) -> None:
        now = self._clock()
        with self._lock:
            renewed = {key for key, at in self._noted.items() if now - at >= RENEWAL}
            due = {key: self._lasting(key) for key in self._changed | renewed}
            # What has only begun is looked at again.
            self._changed = {key for key in due if len(due[key]) < len(self._numbers.get(key, ()))}
        for key, numbers in due.items():
            # A note is not worth another attempt: there is a new one soon.
            with contextlib.suppress(StorageError):
                self._note(key, numbers, now)
        with self._lock:
            self._is_ticking = False
            if self._numbers or self._changed or self._noted:
                self._tick()

    def _lasting(self, key: Key) -> list[int]:
        latest = self._monotonic() - self.pause.total_seconds() / 2
        return sorted(number for number, at in self._numbers.get(key, {}).items() if at <= latest)

    def _note(self, key: Key, numbers: list[int], now: datetime) -> None:
        job, run = key
        if numbers:
            self._noted[key] = now
            self._repository.note(job, run, self._process, numbers, now)
        elif self._noted.pop(key, None) is not None:
            self._repository.forget(job, run, self._process)
