"""A view of the file system of its own, in which a folder shows only some of what is in it.

Landlock keeps files from being read and written, but not their attributes from being changed, nor
their names from being watched. What is not in the view has neither. It takes a mount namespace,
which root may make, and others with a user namespace where the system lets them.
https://man7.org/linux/man-pages/man7/mount_namespaces.7.html
"""

import ctypes
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from scoring.sandbox.kernel import checked, libc

_NEW_MOUNTS, _NEW_USER = 0x20000, 0x10000000
_READ_ONLY, _NO_SETUID, _NO_DEVICES = 1, 2, 4
_REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 32, 4096, 16384, 1 << 18
_DETACH = 2
# Flags as `statvfs` has them and as `mount` wants them.
_KEPT = {2: 2, 4: 4, 8: 8, 1024: 1024, 2048: 2048, 4096: 1 << 21}
_NEW_FOLDER = "mode=0755,size=1m"


def make_view(folder: Path, own: Sequence[Path], read: Sequence[Path], memory: Path) -> bool:
    """Leaves of a folder only what is named, and gives this process shared memory of its own.

    Args:
        folder: What is covered.
        own: Folders that stay; those in no covered one stay anyhow.
        read: Folders that stay as well, but cannot be changed in any way.
        memory: A folder in the shared memory, which is made.

    Returns:
        False where the system does not allow it, and all is as before.
    """
    if not _unshare():
        return False
    # What lies below is found by what was opened before it was covered.
    kept = {**_opened(folder, own), **_opened(folder, read)}
    try:
        _cover(folder, kept, read)
        _own_memory(memory)
    finally:
        for descriptor in kept.values():
            os.close(descriptor)
    return True


def _opened(folder: Path, paths: Sequence[Path]) -> dict[Path, int]:
    flags = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
    inside = [path for path in paths if path.is_relative_to(folder) and path.is_dir()]
    return {path: os.open(path, flags) for path in inside}


def _unshare() -> bool:
    """Enters new namespaces, in which mounts may be made that nobody else sees."""
    user, group = os.geteuid(), os.getegid()
    try:
        if user or libc().unshare(_NEW_MOUNTS):
            checked(libc().unshare(_NEW_MOUNTS | _NEW_USER))
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
        _mount(None, Path("/"), None, _RECURSIVE | _PRIVATE)
    except OSError:
        return False
    return True


def _cover(folder: Path, kept: Mapping[Path, int], read: Sequence[Path]) -> None:
    flags = _NO_SETUID | _NO_DEVICES
    _mount("tmpfs", folder, "tmpfs", flags, _NEW_FOLDER)
    try:
        for path, descriptor in kept.items():
            path.mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{descriptor}", path, None, _BIND)
            if path in read:
                _mount(None, path, None, _REMOUNT | _BIND | _READ_ONLY | _flags(path))
        _mount(None, folder, None, _REMOUNT | _BIND | _READ_ONLY | flags)
    except OSError:
        checked(libc().umount2(bytes(folder), _DETACH))
        raise


def _own_memory(memory: Path) -> None:
    shared = memory.parent
    if not shared.is_dir():
        return
    size = os.statvfs(shared)
    options = f"mode=1777,size={size.f_frsize * size.f_blocks}"
    _mount("tmpfs", shared, "tmpfs", _NO_SETUID | _NO_DEVICES, options)
    memory.mkdir(mode=0o700)


def _flags(path: Path) -> int:
    """Returns those of a mount's flags that a remount must not take away."""
    found = os.statvfs(path).f_flag
    return sum(flag for bit, flag in _KEPT.items() if found & bit)


def _mount(source: str | None, target: Path, kind: str | None, flags: int, data: str = "") -> None:
    arguments = [
        None if source is None else source.encode(),
        bytes(target),
        None if kind is None else kind.encode(),
        ctypes.c_ulong(flags),
        data.encode() or None,
    ]
    checked(libc().mount(*arguments))
