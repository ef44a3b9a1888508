"""Starts processes that end with their parent or outlive it, and ends them by identity."""

import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Below Linux's default net.ipv4.ip_local_port_range:
# https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html
_SERVER_PORTS = (20_000, 32_000)
_IS_LINUX = sys.platform == "linux"
# Loaded here: between fork and exec, loading a library may deadlock.
_LIBC = ctypes.CDLL(None)


class StackError(Exception):
    """The local stack cannot be started; the message says why."""


@dataclass(frozen=True)
class ProcessId:
    """One process: a pid is used again after a while, together with its start time it is not."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """Tells whether this very process still runs."""
        return start_time(self.pid) == self.started

    def stop(self, seconds: float = 5.0) -> None:
        """Ends the process, with force after that many seconds, and all that it leaves behind."""
        if not self.is_alive():
            return
        os.kill(self.pid, signal.SIGTERM)
        wait_until(lambda: not self.is_alive(), seconds)
        kill_group(self.pid)
        wait_until(lambda: not self.is_alive(), seconds)


def spawn(
    command: Sequence[str], log: Path, cwd: Path, env: Mapping[str, str], *, detach: bool
) -> subprocess.Popen[bytes]:
    """Starts a process whose output goes to `log`.

    A detached one is on its own; any other ends with the thread that starts it, on Linux even when
    that is killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env),
            start_new_session=True,
            preexec_fn=None if detach or not _IS_LINUX else _end_with_parent,  # noqa: PLW1509
        )


def _end_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def stop_child(child: subprocess.Popen[bytes], seconds: float = 5.0) -> None:
    """Ends a child process, with force after that many seconds."""
    child.terminate()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def kill_group(pid: int) -> None:
    """Kills what is left of a process that was the first of its group, and of its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def start_time(pid: int) -> str | None:
    """Gives when a process started, in a form to compare; None if it does not run."""
    if sys.platform != "linux":
        shown = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        return shown.stdout.strip() or None
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state == "Z" else fields[18]


def identify(pid: int) -> ProcessId:
    """Names a process that has just been started."""
    return ProcessId(pid, start_time(pid) or "")


def free_port(preferred: int = 0) -> int:
    """Finds a port of the loopback interface that nobody listens on: the preferred one, if free.

    It is one that the system does not give to outgoing connections, so that none of them takes it
    before a server does.
    """
    # Not from the usual generator, which processes that are tested side by side seed alike.
    drawn = [random.SystemRandom().randrange(*_SERVER_PORTS) for _ in range(50)]
    for port in [*([preferred] if preferred else []), *drawn, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise StackError("there is no free port on 127.0.0.1")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Waits until a condition holds; tells whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def http_status(url: str) -> int | None:
    """Gives the status that a URL answers with; None if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own URLs
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return int(error.code)
    except OSError:
        return None


def wait_for_start(
    child: subprocess.Popen[bytes], log: Path, answers: Callable[[], bool], seconds: float
) -> None:
    """Waits until what was started answers.

    Raises:
        StackError: It ended, or did not answer in time; the message has the end of its log.
    """
    wait_until(lambda: answers() or child.poll() is not None, seconds)
    if child.poll() is None and answers():
        return
    why = f"did not answer in {seconds:.0f} s" if child.poll() is None else "ended"
    lines = log.read_text("utf-8", "replace").splitlines()[-20:]
    raise StackError("\n".join([f"{log.stem} {why}; the end of {log}:", *lines]))
