"""Runs transfers in parallel and ends them early, for an error or for Ctrl-C."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

Advance = Callable[[int], None]
"""Is told of each piece of bytes that a transfer has moved."""


class StoppedError(Exception):
    """Ends a transfer whose result nobody waits for any more."""


class StopSignal:
    """Asks running transfers to end; they look at it between two pieces of data."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Asks all to end."""
        self._event.set()

    def check(self) -> None:
        """Raises `StoppedError` where the transfer should end."""
        if self._event.is_set():
            raise StoppedError


def run_all(jobs: Iterable[Callable[[], None]], workers: int, stop: StopSignal) -> None:
    """Runs all of them on some threads.

    Raises:
        Exception: The first error of any of them; those not yet started never start, and
            those that run are asked to end.
    """
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(job) for job in jobs]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
