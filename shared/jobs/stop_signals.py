"""True if a job is to stop, without asking storage for each mini-batch."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

from shared.jobs.model import JobRun, Stop, StopReason
from shared.jobs.repository import JobRepository

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
        self._monotonic = monotonic
        self._sleep = sleep
        self._watched: dict[threading.Event, JobRun] = {}
        self._is_watching = False
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        self._seen: dict[JobRun, tuple[float, Stop | None]] = {}

    def reason(self, run: JobRun) -> StopReason | None:
        """Returns why a run is to stop, None if it is not."""
        stop = self._look(run, lambda _: True)
        return stop.reason if stop else None

    def look_again(self, run: JobRun) -> StopReason | None:
        """Returns why a run is to stop, as storage says at this moment."""
        stop = self._jobs.find_stop(run.job, run.run)
        self._remember(run, stop)
        return stop.reason if stop else None

    def request(self, run: JobRun, stop: Stop) -> StopReason:
        """Asks a run to start nothing more; returns why, for the orchestrator."""
        self._jobs.request_stop(run.job, run.run, stop)
        self._remember(run, stop)
        return stop.reason

    def _look(self, run: JobRun, is_enough: Callable[[Stop], bool]) -> Stop | None:
        """Returns what is known of a stop; asks storage if that is not enough, and not fresh."""
        is_known, stop = self._remembered(run, is_enough)
        if is_known:
            return stop
        # Of those who come at the same time, one asks storage for all.
        with self._looking:
            is_known, stop = self._remembered(run, is_enough)
            if not is_known:
                stop = self._jobs.find_stop(run.job, run.run)
                self._remember(run, stop)
        return stop

    def _remembered(
        self, run: JobRun, is_enough: Callable[[Stop], bool]
    ) -> tuple[bool, Stop | None]:
        """Returns whether what is remembered may be relied on, and what it is."""
        with self._lock:
            at, stop = self._seen.get(run, (None, None))
        if at is None:
            return False, None
        is_fresh = self._monotonic() - at < FRESH_SECONDS
        return is_fresh or (stop is not None and is_enough(stop)), stop

    @contextmanager
    def canceled(self, run: JobRun) -> Generator[threading.Event]:
        """Yields an event that is set soon after the run is canceled, or has ended."""
        event = threading.Event()
        with self._lock:
            self._watched[event] = run
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
            canceled = {run for run in set(watched.values()) if self._is_canceled(run)}
            for event, run in watched.items():
                if run in canceled:
                    event.set()
            self._sleep(FRESH_SECONDS)

    def _is_canceled(self, run: JobRun) -> bool:
        try:
            stop = self._look(run, _kills)
        except Exception:  # noqa: BLE001 - whatever fails, the next look may not
            return False
        return stop is not None and _kills(stop)

    def _remember(self, run: JobRun, stop: Stop | None) -> None:
        with self._lock:
            self._seen[run] = (self._monotonic(), stop)
            if len(self._seen) > 1000:
                del self._seen[next(iter(self._seen))]


def _kills(stop: Stop) -> bool:
    return stop.kills or stop.reason.kills
