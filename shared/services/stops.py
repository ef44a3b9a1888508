"""Whether a job is to stop, without asking storage for each mini-batch."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from shared.domain.job import Stop, StopReason
from shared.storage.jobs import JobRepository

FRESH_SECONDS = 1.0


class StopSignals:
    """Remembers for a second what storage said; what this process asked for counts at once."""

    def __init__(
        self,
        jobs: JobRepository,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._jobs = jobs
        self._sleep = sleep
        self._watched: dict[threading.Event, tuple[str, int]] = {}
        self._is_watching = False
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, int], tuple[float, Stop | None]] = {}

    def reason(self, job: str, run: int) -> StopReason | None:
        """Why a run of a job is to stop, None if it is not."""
        stop = self._look(job, run, lambda _: True)
        return stop.reason if stop else None

    def request(self, job: str, run: int, stop: Stop) -> StopReason:
        """Asks a run of a job to start nothing more; tells why, for the orchestrator."""
        self._jobs.request_stop(job, run, stop)
        self._remember(job, run, stop)
        return stop.reason

    def _look(self, job: str, run: int, is_enough: Callable[[Stop], bool]) -> Stop | None:
        """What is known of a stop; asks storage if it is not enough, and was asked a while ago."""
        now = self._monotonic()
        with self._lock:
            at, stop = self._seen.get((job, run), (None, None))
        if at is not None and (now - at < FRESH_SECONDS or (stop is not None and is_enough(stop))):
            return stop
        stop = self._jobs.find_stop(job, run)
        self._remember(job, run, stop)
        return stop

    @contextmanager
    def canceled(self, job: str, run: int) -> Generator[threading.Event]:
        """Gives an event that is set soon after that run of the job is canceled, or has ended."""
        event = threading.Event()
        with self._lock:
            self._watched[event] = (job, run)
            if not self._is_watching:
                self._is_watching = True
                threading.Thread(target=self._watch, name="stop-signals", daemon=True).start()
        try:
            yield event
        finally:
            with self._lock:
                del self._watched[event]

    def _watch(self) -> None:
        """Looks for cancellations as long as anybody waits for one."""
        while True:
            with self._lock:
                watched = dict(self._watched)
                if not watched:
                    self._is_watching = False
                    return
            canceled = {one for one in set(watched.values()) if self._is_canceled(*one)}
            for event, one in watched.items():
                if one in canceled:
                    event.set()
            self._sleep(FRESH_SECONDS)

    def _is_canceled(self, job: str, run: int) -> bool:
        try:
            stop = self._look(job, run, _kills)
        except Exception:  # noqa: BLE001 - whatever fails, the next look may not
            return False
        return stop is not None and _kills(stop)

    def _remember(self, job: str, run: int, stop: Stop | None) -> None:
        with self._lock:
            self._seen[job, run] = (self._monotonic(), stop)
            if len(self._seen) > 1000:
                del self._seen[next(iter(self._seen))]


def _kills(stop: Stop) -> bool:
    return stop.kills or stop.reason.kills
