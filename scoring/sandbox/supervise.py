"""Runs a program as the parent of all that it starts, and leaves nothing of it running.

What a program starts becomes a child of the supervisor when its own parent ends, in whatever
session it is and whatever its variables say. The supervisor ends when the program does, or when
its lifeline is closed, as the kernel does when the host dies; before that it kills what is left.
"""

import contextlib
import os
import resource
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scoring.sandbox.kernel import SUBREAPER, prctl
from scoring.sandbox.landlock import SCOPES_VERSION, landlock_version, restrict_signals

_PROC = Path("/proc")
_SECONDS = 10.0


def supervise(lifeline: int, host: int, run: Callable[[int], NoReturn]) -> NoReturn:
    """Runs a function in a child, and ends as that does: by its exit code or its signal.

    Args:
        lifeline: Ends the child when nobody holds its other end any more.
        host: The process that must not be reached by signals.
        run: Becomes the program; gets the supervisor's process id.
    """
    prctl(SUBREAPER, 1)
    is_scoped = _keep_signals_inside(host)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    # With no handler at all, nothing would be written to the pipe.
    signal.signal(signal.SIGCHLD, _ignore)
    supervisor = os.getpid()
    child = os.fork()
    if not child:
        _run_child(run, supervisor, (lifeline, reading, writing))
    _close_all_but(lifeline, reading, writing)
    status = _wait(child, lifeline, reading)
    _kill_all(is_scoped=is_scoped)
    _end_as(status)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Leaves a signal to the pipe that it is written to."""


def _run_child(
    run: Callable[[int], NoReturn], supervisor: int, descriptors: tuple[int, ...]
) -> NoReturn:
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in descriptors:
            os.close(descriptor)
        os.setsid()
        run(supervisor)
    except BaseException:  # noqa: BLE001 - the copy of the supervisor must not go on as one
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def _keep_signals_inside(host: int) -> bool:
    """Returns True if no signal of this process reaches any but what it starts from now on."""
    if landlock_version() < SCOPES_VERSION:
        return False
    restrict_signals()
    try:
        os.kill(host, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        return False
    return False


def _close_all_but(*kept: int) -> None:
    start = 3
    for descriptor in sorted(kept):
        os.closerange(start, descriptor)
        start = descriptor + 1
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))


def _wait(child: int, lifeline: int, reading: int) -> int | None:
    """Waits for the child or the end of the lifeline; returns the child's status in the one case.

    What becomes a child of this process by the end of its parent is reaped on the way.
    """
    while True:
        ready, _, _ = select.select([lifeline, reading], [], [])
        if lifeline in ready:
            return None
        os.read(reading, 4096)
        for pid, status in _reaped():
            if pid == child:
                return status


def _reaped() -> Iterator[tuple[int, int]]:
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            yield pid, status


def _kill_all(*, is_scoped: bool) -> None:
    """Kills and reaps all that is below this process, for there may come more meanwhile."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if is_scoped:
            # All that this process may signal, in one step of the kernel: nobody forks meanwhile.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(-1, signal.SIGKILL)
        else:
            _kill_descendants()
        for _ in _reaped():
            pass
        if not _has_children():
            return
        time.sleep(0.002)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _kill_descendants() -> None:
    """Stops them first, until there are no new ones, so that none starts another one."""
    stopped: set[int] = set()
    while new := _descendants() - stopped:
        _send(signal.SIGSTOP, new)
        stopped |= new
    _send(signal.SIGKILL, stopped)


def _send(number: signal.Signals, pids: set[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _descendants() -> set[int]:
    children: dict[int, list[int]] = {}
    for folder in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] not in "ZX":
                children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: set[int] = set()
    waiting = [os.getpid()]
    while waiting:
        below = [pid for pid in children.get(waiting.pop(), []) if pid not in found]
        found.update(below)
        waiting += below
    return found


def _end_as(status: int | None) -> NoReturn:
    code = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
        code += 128
    os._exit(code)
