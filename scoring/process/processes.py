"""Starts scorers and ends them, with everything they started."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scoring.process.variables import TOKEN
from scoring.sandbox.confinement import Launch
from scoring.sandbox.kernel import DUMPABLE, prctl

_PROC = Path("/proc")
_SWEEPS = 20

# For what is left to be killed by the supervisor.
_END_SECONDS = 5.0


def protect_host() -> None:
    """Keeps scorers, which run as the same user, out of this process's memory and environment.

    What is not dumpable can be neither traced nor read below /proc by anybody but root.
    https://man7.org/linux/man-pages/man2/prctl.2.html
    """
    if sys.platform == "linux":
        prctl(DUMPABLE, 0)


class Supervised:
    """A process, and with it all that it started.

    Args:
        process: The supervisor, where the system has one; else the process itself.
        lifeline: What ends it when it is closed.
    """

    def __init__(self, process: subprocess.Popen[bytes], lifeline: int | None) -> None:
        self._process = process
        self._lifeline = lifeline

    def poll(self) -> int | None:
        """Returns the exit code, a negative signal number, or None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Waits for its end; returns the exit code, or a negative signal number."""
        return self._process.wait()

    def kill(self, token: str) -> None:
        """Kills it and its descendants, also those that left its process group.

        Args:
            token: The value of their variable `BATCHPOINT_SCORER`, by which those are found whom
                nobody supervises.
        """
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        # Until it is waited for, no other process can have its id, and so none its group's.
        if self._process.returncode is None:
            _send_kill(os.killpg, self._process.pid)
            self._process.wait()
        for _ in range(_SWEEPS):
            escaped = list(_marked(token))
            if not escaped:
                return
            for pid in escaped:
                _send_kill(os.kill, pid)


def start(launch: Launch, *, folder: Path, output: int, inherited: Sequence[int]) -> Supervised:
    """Starts a process in a session of its own, with nothing to read on standard input.

    Args:
        launch: What to start; its descriptors are closed.
        folder: Its working folder.
        output: The descriptor that gets its standard output and error.
        inherited: Further descriptors that it may use.

    Raises:
        OSError: It cannot be started.
    """
    try:
        process = subprocess.Popen[bytes](
            launch.command,
            env=dict(launch.variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(*inherited, *launch.inherited),
            start_new_session=True,
        )
    except BaseException:
        if launch.lifeline is not None:
            os.close(launch.lifeline)
        raise
    finally:
        launch.close()
    return Supervised(process, launch.lifeline)


def _send_kill(send: Callable[[int, int], None], pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        send(pid, signal.SIGKILL)


def _marked(token: str) -> Iterator[int]:
    mark = f"{TOKEN}={token}".encode()
    for folder in _PROC.glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:
            # It ended meanwhile, or belongs to somebody else.
            continue
