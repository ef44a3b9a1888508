"""Cores and memory that the app may use: the machine's, or a container's part of them."""

import math
import os
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_MEMINFO = Path("/proc/meminfo")
# What the app itself takes at work, and what is left for each scorer: a model with pandas and
# scikit-learn takes 200 to 300 MiB before it has read anything.
_APP_BYTES = 512 * 2**20
_SCORER_BYTES = 512 * 2**20


def usable_cores(cgroup: Path = _CGROUP) -> int:
    """Number of cores that this process may use.

    A container's quota of half a core counts as one.
    """
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal():
        cores = min(cores, math.ceil(int(quota) / int(period)))
    return max(1, cores)


def usable_memory(cgroup: Path = _CGROUP, meminfo: Path = _MEMINFO) -> int | None:
    """Bytes of memory that this process may use; None if unknown."""
    limits = [_read(cgroup / "memory.max"), _read(cgroup / "memory/memory.limit_in_bytes")]
    found = [int(limit) for limit in limits if limit.isdecimal()]
    lines = _read(meminfo).splitlines()
    found += [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:")]
    return min(found, default=None)


def scorers_that_fit(memory: int | None, most: int) -> int:
    """Number of scorers that fit the memory: at least one, and at most `most`."""
    if memory is None:
        return most
    return max(1, min(most, (memory - _APP_BYTES) // _SCORER_BYTES))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""
