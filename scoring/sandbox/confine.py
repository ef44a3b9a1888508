"""Runs a program that can reach no files but those it may: `python -IS confine.py DESCRIPTOR`.

The descriptor holds an `Order` as JSON. What confines is Linux's Landlock, which needs no rights,
and which the program and all that it starts cannot take off again.
https://docs.kernel.org/userspace-api/landlock.html

A separate program, for nothing of the environment that is started may run before it is confined.
Standard library only.
"""

import ctypes
import errno
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
# Rights of root that lead around Landlock: MODULE, RAWIO, PTRACE, ADMIN, BOOT, MKNOD, PERFMON, BPF
# and CHECKPOINT_RESTORE. With PERFMON, for one, the memory of any process can be mapped out.
_TAKEN = (16, 17, 19, 21, 22, 27, 38, 39, 40)
_CAPABILITIES_3 = 0x20080522

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
# Removing and making entries of all kinds.
_CHANGE_DIR = sum(1 << bit for bit in range(4, 13))
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
_ALL = _OF_FILES | _READ_DIR | _CHANGE_DIR | _MOVE
_READ = _READ_FILE | _READ_DIR
_UNLISTED = _ALL & ~_READ_DIR

LEAST_VERSION = 3
"""Older ones let nobody move files between folders, or do not see that files are cut off."""


@dataclass(frozen=True)
class Order:
    """What to run, and what it may reach: all of the machine but the closed folders.

    Attributes:
        command: The program and its arguments.
        variables: All its environment variables.
        closed: Folders of which it may reach nothing; nor can it make or list entries of those
            that lead to them.
        unlisted: Folders that it may use, but not look through.
        own: Folders, in closed ones or elsewhere, that are the program's alone.
        read: Folders in closed ones that it may read.
    """

    command: Sequence[str]
    variables: dict[str, str]
    closed: Sequence[str]
    unlisted: Sequence[str]
    own: Sequence[str]
    read: Sequence[str]


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled_access_fs", ctypes.c_uint64),)


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilityData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def landlock_version() -> int:
    """Which version of Landlock the kernel has; 0 for none, or none that may be used."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None)
    return max(0, libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION))


def confine(order: Order) -> None:
    """Takes from this process, for good, what an order does not leave it.

    Raises:
        OSError: The kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = _Ruleset(_ALL)
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    ruleset = _checked(libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0))
    for path, rights in _rules(order):
        _allow(libc, ruleset, path, rights)
    _drop_capabilities(libc)
    _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _drop_capabilities(libc: ctypes.CDLL) -> None:
    """Takes what root may do around it; another user has nothing of that."""
    # Dropping them from the set that bounds what a started program gets takes a right itself.
    for number in _TAKEN if os.geteuid() == 0 else ():
        if libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) and ctypes.get_errno() == errno.EPERM:
            break
    header, data = _CapabilityHeader(_CAPABILITIES_3, 0), (_CapabilityData * 2)()
    _checked(libc.capget(ctypes.byref(header), ctypes.byref(data)))
    for number in _TAKEN:
        word, kept = data[number // 32], ~(1 << number % 32)
        word.effective &= kept
        word.permitted &= kept
        word.inheritable &= kept
    _checked(libc.capset(ctypes.byref(header), ctypes.byref(data)))


def _rules(order: Order) -> Iterator[tuple[Path, int]]:
    apart = [Path(path).resolve() for path in (*order.closed, *order.unlisted)]
    for path in _beside(Path("/"), apart):
        yield path, _ALL
    for paths, rights in ((order.unlisted, _UNLISTED), (order.own, _ALL), (order.read, _READ)):
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


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        # It is gone, or not for this user: then there is nothing to allow.
        return
    try:
        kind = os.fstat(descriptor).st_mode
        rule = _PathBeneath(rights if stat.S_ISDIR(kind) else rights & _OF_FILES, descriptor)
        arguments = (ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
        _checked(libc.syscall(_ADD_RULE, *arguments))
    finally:
        os.close(descriptor)


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def main() -> None:
    """Becomes the program that the order names."""
    with os.fdopen(int(sys.argv[1])) as file:
        order = Order(**json.load(file))
    confine(order)
    os.execve(order.command[0], list(order.command), order.variables)  # noqa: S606 - as wanted


if __name__ == "__main__":
    main()
