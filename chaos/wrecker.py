"""Kills the host, scorers and Azurite, and starts again what does not start by itself."""

import contextlib
import os
import queue
import random
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chaos.plan import Blow, PlannedBlow
from devhost.stack import LocalStack

_DRIVER = "scoring/driver/__main__.py"


class Wrecker:
    """Does one blow after the other, in one thread: processes end with the thread that starts them.

    The stack is started and stopped in this thread as well.
    """

    def __init__(self, stack: LocalStack, seed: int, logs: Path) -> None:
        """Takes the stack, which it starts; `logs` gets the log of each host that was killed."""
        self._stack = stack
        self._random = random.Random(seed)
        self._logs = logs
        self._queue: queue.SimpleQueue[PlannedBlow | None] = queue.SimpleQueue()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._work, name="wrecker")
        self.counts: Counter[Blow] = Counter()
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Starts the stack, and waits for it.

        Raises:
            RuntimeError: It does not start.
        """
        self._thread.start()
        self._ready.wait()
        self.check()

    def check(self) -> None:
        """Raises RuntimeError if the stack could not be started (again)."""
        if self.failure is not None:
            raise RuntimeError("the stack cannot be started") from self.failure

    def strike(self, blow: PlannedBlow) -> None:
        """Has a blow done as soon as the earlier ones are."""
        self._queue.put(blow)

    def stop(self) -> None:
        """Stops the stack."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        try:
            with self._stack:
                self._ready.set()
                while (blow := self._queue.get()) is not None:
                    self._strike(blow)
        except BaseException as error:  # noqa: BLE001 - whoever waits has to know
            self.failure = error
            self._ready.set()

    def _strike(self, blow: PlannedBlow) -> None:
        if blow.blow is Blow.KILL_SCORER:
            self._kill_scorer()
            return
        self.counts[blow.blow] += 1
        if blow.blow is Blow.KILL_HOST:
            self._stack.kill_host()
            self._keep_log()
            self._stack.restart_host()
            return
        self._stack.kill_azurite()
        # Not in vain: how long it stays away is what is tried here.
        time.sleep(blow.away)
        self._stack.restart_azurite()

    def _kill_scorer(self) -> None:
        host = self._stack.host.process
        scorers = sorted(_scorers(host.pid)) if host is not None else []
        if scorers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._random.choice(scorers), signal.SIGKILL)
                self.counts[Blow.KILL_SCORER] += 1

    def _keep_log(self) -> None:
        self._logs.mkdir(parents=True, exist_ok=True)
        number = self.counts[Blow.KILL_HOST]
        shutil.copy(self._stack.host.log, self._logs / f"host-{number}.log")


def _scorers(host: int) -> Iterator[int]:
    """The scorers that a host has started, or the processes in which it runs the app."""
    command = ["ps", "-A", "-o", "pid=,ppid=,args="]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    children: dict[int, list[tuple[int, str]]] = {}
    for line in listed.splitlines():
        pid, parent, *arguments = line.split(maxsplit=2)
        children.setdefault(int(parent), []).append((int(pid), "".join(arguments)))
    waiting = [host]
    while waiting:
        for pid, arguments in children.get(waiting.pop(), []):
            if _DRIVER in arguments:
                yield pid
            else:
                waiting.append(pid)
