"""Limits of the kernel for this process and what it starts.

Standard library only, Python 3.8: it runs in the scorer.
"""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path


def set_limits(memory: int | None, processes: int | None, file_size: int | None) -> None:
    """Sets limits that only root could raise again; lower ones stay.

    Args:
        memory: Bytes of data of each process. Not of address space: libraries and thread stacks
            reserve far more than they use.
        processes: How many processes and threads there may be more than there are.
        file_size: Bytes of a file that is written.
    """
    _limit(resource.RLIMIT_DATA, memory)
    _limit(resource.RLIMIT_FSIZE, file_size)
    if processes is not None:
        _limit(resource.RLIMIT_NPROC, _tasks_of_this_user() + processes)
    # A core of a process that holds a model is gigabytes in a folder nobody looks at.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit(kind: int, value: int | None) -> None:
    _, hard = resource.getrlimit(kind)
    if value is not None and (hard == resource.RLIM_INFINITY or value < hard):
        resource.setrlimit(kind, (value, value))


def _tasks_of_this_user() -> int:
    """Returns how many processes and threads there are: the kernel counts them by user."""
    count = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError, KeyError, ValueError):
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if int(fields["Uid"].split()[0]) == os.getuid():
                count += int(fields["Threads"])
    return count
