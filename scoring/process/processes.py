"""Starts scorers and ends them, with everything they started."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scoring.process.variables import TOKEN

_PROC = Path("/proc")
_SWEEPS = 20
_PR_SET_DUMPABLE = 4

# A scorer asks the kernel to be killed when its parent dies, and the kernel takes the thread that
# started it for the parent. So one thread, which lives as long as the app, starts all scorers.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scorer-starter")


def protect_host() -> None:
    """Keeps scorers, which run as the same user, out of this process's memory and environment.

    What is not dumpable can be neither traced nor read below /proc by anybody but root.
    https://man7.org/linux/man-pages/man2/prctl.2.html
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def start(
    command: Sequence[str],
    *,
    variables: Mapping[str, str],
    work_dir: Path,
    output: int,
    inherited: Sequence[int],
) -> subprocess.Popen[bytes]:
    """Starts a process in a session of its own, with nothing to read on standard input.

    Args:
        command: The program and its arguments.
        variables: All its environment variables.
        work_dir: Its current folder.
        output: The descriptor that gets its standard output and error.
        inherited: Further descriptors that it may use.
    """
    return _starter.submit(
        subprocess.Popen[bytes],
        list(command),
        env=dict(variables),
        cwd=work_dir,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        pass_fds=tuple(inherited),
        start_new_session=True,
    ).result()


def kill(process: subprocess.Popen[bytes], token: str) -> None:
    """Kills a process and its descendants, also those that left its process group.

    Args:
        process: What `start` returned; it may be dead already, and its children alive.
        token: What its variable `BATCHPOINT_SCORER` says, which its descendants inherit.
    """
    # Until it is waited for, no other process can have its id, and so none its group's.
    if process.returncode is None:
        _send_kill(os.killpg, process.pid)
        process.wait()
    for _ in range(_SWEEPS):
        escaped = list(_marked(token))
        if not escaped:
            return
        for pid in escaped:
            _send_kill(os.kill, pid)


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
