"""CPU time and memory of processes, read from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """CPU seconds since they started: of a process itself, and of all processes below it.

    Of children that have ended, those count that were waited for.
    """

    own: float
    below: float

    def __sub__(self, earlier: "Usage") -> "Usage":
        return Usage(self.own - earlier.own, self.below - earlier.below)

    @property
    def total(self) -> float:
        """Both together."""
        return self.own + self.below


def usage(pid: int) -> Usage:
    """Reads what a process and those below it have used."""
    own, ended = _times(pid)
    return Usage(own, ended + sum(sum(_times(child)) for child in descendants(pid)))


def descendants(pid: int) -> list[int]:
    """Lists the processes below one."""
    parents = {child: parent for child in _all() if (parent := _parent(child)) is not None}
    found, open_ = [], [pid]
    while open_:
        parent = open_.pop()
        below = [child for child, other in parents.items() if other == parent]
        found += below
        open_ += below
    return found


def peak_memory(pid: int) -> int:
    """The most memory that a process has held, in bytes.

    `getrusage` would tell at least that of the process which started it.
    """
    status = (_PROC / str(pid) / "status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024


def usable_cores() -> int:
    """Number of cores for this process and its children."""
    return len(os.sched_getaffinity(0))


def _all() -> list[int]:
    return [int(path.name) for path in _PROC.iterdir() if path.name.isdecimal()]


def _parent(pid: int) -> int | None:
    fields = _stat(pid)
    return None if fields is None else int(fields[1])


def _times(pid: int) -> tuple[float, float]:
    """CPU seconds of a process, and of its children that have ended."""
    fields = _stat(pid)
    if fields is None:
        return 0.0, 0.0
    own, system, children, children_system = (int(value) for value in fields[11:15])
    return (own + system) / _TICKS, (children + children_system) / _TICKS


def _stat(pid: int) -> list[str] | None:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
