"""Linux's Landlock: takes rights from this process, and from all that it starts, for good.

It needs no rights itself. https://docs.kernel.org/userspace-api/landlock.html
Standard library only.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from scoring.sandbox.kernel import NO_NEW_PRIVS, checked, libc, prctl

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_PATH_BENEATH, _PORT = 1, 2
_CONNECT_TCP = 1 << 1
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1 << 0, 1 << 1

_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
# Removing and making entries of all kinds.
_CHANGE_DIR = sum(1 << bit for bit in range(4, 13))
_MOVE, _TRUNCATE = 1 << 13, 1 << 14
_OF_FILES = _WRITE_FILE | _READ_FILE | _TRUNCATE
ALL = _OF_FILES | _READ_DIR | _CHANGE_DIR | _MOVE
READ = _READ_FILE | _READ_DIR
UNLISTED = ALL & ~_READ_DIR

# A ruleset that says nothing of moving files between folders forbids it.
_MOVES = ((Path("/"), _MOVE),)

LEAST_VERSION = 3
"""Older ones let nobody move files between folders, or do not see that files are cut off."""
NETWORK_VERSION = 4
"""Since this one TCP ports can be refused."""
SCOPES_VERSION = 6
"""Since this one signals can be kept inside."""


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


class _Port(ctypes.Structure):
    _fields_ = (("allowed_access", ctypes.c_uint64), ("port", ctypes.c_uint64))


def landlock_version() -> int:
    """Returns the version of Landlock that the kernel has; 0 for none, or none that may be used."""
    if sys.platform != "linux":
        return 0
    return max(0, libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION))


@dataclass(frozen=True)
class Restrictions:
    """Access that a process loses.

    Attributes:
        files: Paths, and the rights that are left below each; None leaves all.
        signals: True if signals, and connections to abstract sockets, stay inside.
        ports: TCP ports that nobody may connect to, on whatever machine.
    """

    files: Sequence[tuple[Path, int]] | None = None
    signals: bool = False
    ports: Collection[int] = ()


def restrict(wanted: Restrictions) -> None:
    """Takes rights from this process for good, as far as the kernel is new enough for each.

    Raises:
        OSError: The kernel refuses.
    """
    version = landlock_version()
    ports = wanted.ports if version >= NETWORK_VERSION else ()
    scopes = wanted.signals and version >= SCOPES_VERSION
    if wanted.files is None and not ports and not scopes:
        return
    attributes = _Ruleset(
        handled_access_fs=_MOVE if wanted.files is None else ALL,
        handled_access_net=_CONNECT_TCP if ports else 0,
        scoped=_SCOPE_SIGNALS | _SCOPE_ABSTRACT_SOCKETS if scopes else 0,
    )
    _restrict(attributes, _MOVES if wanted.files is None else wanted.files, ports)


def restrict_signals() -> None:
    """Keeps signals inside, and leaves all rights to files.

    Raises:
        OSError: The kernel refuses, or is too old.
    """
    attributes = _Ruleset(handled_access_fs=_MOVE, scoped=_SCOPE_SIGNALS)
    _restrict(attributes, _MOVES, ())


def _restrict(
    attributes: _Ruleset, files: Sequence[tuple[Path, int]], ports: Collection[int]
) -> None:
    ruleset = _ruleset(attributes)
    try:
        for path, rights in files:
            _allow_path(ruleset, path, rights)
        if ports:
            _allow_ports_but(ruleset, ports)
        prctl(NO_NEW_PRIVS, 1)
        checked(libc().syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow_ports_but(ruleset: int, refused: Collection[int]) -> None:
    """Allows all other ports, one by one: there is no rule that refuses."""
    call = libc().syscall
    call.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_uint)
    rule = _Port(_CONNECT_TCP, 0)
    address = ctypes.addressof(rule)
    for port in range(1, 2**16):
        if port not in refused:
            rule.port = port
            checked(call(_ADD_RULE, ruleset, _PORT, address, 0))


def _ruleset(attributes: _Ruleset) -> int:
    # Kernels refuse a structure that is longer than theirs and not all zeros behind that.
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    return checked(libc().syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0))


def _allow_path(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        # It is gone, or not for this user: then there is nothing to allow.
        return
    try:
        kind = os.fstat(descriptor).st_mode
        rule = _PathBeneath(rights if stat.S_ISDIR(kind) else rights & _OF_FILES, descriptor)
        checked(libc().syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0))
    finally:
        os.close(descriptor)
