"""Runs a program that can reach no files but those it may, and leaves nothing of it running.

Started as a process of its own, for nothing of the environment that is started may run before it
is confined. The descriptor that it gets holds an `Order` as JSON. Standard library only.
"""

import ctypes
import errno
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from scoring.driver.limits import set_limits
from scoring.sandbox.kernel import checked, libc
from scoring.sandbox.landlock import (
    ALL,
    READ,
    UNLISTED,
    Restrictions,
    restrict,
)
from scoring.sandbox.mounts import make_view
from scoring.sandbox.supervise import supervise

PARENT = "{parent}"
"""Stands in a command for the process id of the program's parent."""
MEMORY = "{memory}"
"""Stands in a command for the folder in memory that the program has to itself, or for nothing."""
_PR_CAPBSET_DROP = 24
# Rights of root that lead around Landlock: MODULE, RAWIO, PTRACE, ADMIN, BOOT, MKNOD, PERFMON, BPF
# and CHECKPOINT_RESTORE. With PERFMON, for one, the memory of any process can be mapped out.
_TAKEN = (16, 17, 19, 21, 22, 27, 38, 39, 40)
_CAPABILITIES_3 = 0x20080522


@dataclass(frozen=True)
class Files:
    """Access of a program: all of the machine except a closed folder.

    Attributes:
        closed: A folder of which it may reach nothing; nor can it make or list entries of those
            that lead to it.
        unlisted: Folders that it may use, but not look through.
        own: Folders, in the closed one or elsewhere, that are the program's alone.
        read: Folders in the closed one that it may read.
        memory: A folder that is made in shared memory, where the program can have one of its own.
    """

    closed: str
    unlisted: Sequence[str]
    own: Sequence[str]
    read: Sequence[str]
    memory: str


@dataclass(frozen=True)
class Order:
    """Program to run, and its access.

    Attributes:
        command: The program and its arguments.
        variables: All its environment variables.
        folder: Its working folder.
        files: What it may reach; None for all that its user may.
        refused_ports: TCP ports that it may not connect to.
        limits: What the kernel lets it have, as `set_limits` takes it; None sets no limit.
    """

    command: Sequence[str]
    variables: Mapping[str, str]
    folder: str
    files: Files | None
    refused_ports: Sequence[int] = ()
    limits: Mapping[str, int | None] | None = None


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def read_order(text: str) -> Order:
    """Reads what `json.dumps` made of an order's fields."""
    fields = json.loads(text)
    files = fields.pop("files")
    return Order(**fields, files=None if files is None else Files(**files))


def confine(order: Order) -> None:
    """Takes from this process, for good, what an order does not leave it.

    Raises:
        OSError: The kernel refuses.
    """
    files = None
    if order.files is not None:
        _drop_capabilities(libc())
        files = list(_rules(order.files))
    restrict(Restrictions(files, signals=True, ports=frozenset(order.refused_ports)))
    if order.limits is not None:
        set_limits(**order.limits)


def _view(files: Files) -> bool:
    """Returns True if this process has a view of the file system, and memory, of its own."""
    own, read = ([Path(path) for path in paths] for paths in (files.own, files.read))
    try:
        return make_view(Path(files.closed), own, read, Path(files.memory))
    except OSError as error:
        sys.stderr.write(f"no view of the file system of its own: {error}\n")
        return False


def _drop_capabilities(library: ctypes.CDLL) -> None:
    """Takes what root may do around it; another user has nothing of that."""
    # Dropping them from the set that bounds what a started program gets takes a right itself.
    for number in _TAKEN if os.geteuid() == 0 else ():
        if library.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) and ctypes.get_errno() == errno.EPERM:
            break
    header, data = _CapabilityHeader(_CAPABILITIES_3, 0), (_CapabilityData * 2)()
    checked(library.capget(ctypes.byref(header), ctypes.byref(data)))
    for number in _TAKEN:
        word, kept = data[number // 32], ~(1 << number % 32)
        word.effective &= kept
        word.permitted &= kept
        word.inheritable &= kept
    checked(library.capset(ctypes.byref(header), ctypes.byref(data)))


def _rules(files: Files) -> Iterator[tuple[Path, int]]:
    apart = [Path(path).resolve() for path in (files.closed, *files.unlisted)]
    for path in _beside(Path("/"), apart):
        yield path, ALL
    own = (*files.own, files.memory)
    for paths, rights in ((files.unlisted, UNLISTED), (own, ALL), (files.read, READ)):
        for path in paths:
            yield Path(path), rights


def _beside(folder: Path, apart: Sequence[Path]) -> Iterator[Path]:
    """All entries of a folder and of those below it that lead to neither of some folders."""
    for entry in sorted(folder.iterdir()):
        if any(other.is_relative_to(entry) for other in apart):
            if entry not in apart:
                yield from _beside(entry, apart)
        elif not entry.is_symlink():
            yield entry


def main() -> None:
    """Becomes the supervisor of the program that the order names.

    Its arguments are the descriptors of the order and of the lifeline, and the host's process id.
    """
    text, lifeline, host = (int(number) for number in sys.argv[1:])
    with os.fdopen(text) as file:
        order = read_order(file.read())
    # Before the supervisor is restricted in any way: then mounts may not be made any more.
    has_view = order.files is not None and _view(order.files)
    # The folder as it was found before may lie below what is covered now.
    os.chdir(order.folder)

    def run(parent: int) -> NoReturn:
        confine(order)
        memory = order.files.memory if order.files and has_view else ""
        known = {PARENT: str(parent), MEMORY: memory}
        command = [known.get(word, word) for word in order.command]
        os.execve(command[0], command, dict(order.variables))  # noqa: S606 - as wanted

    supervise(lifeline, host, run)
