"""Removes a folder that user code could fill, however deep it is and whatever links are in it."""

import os
import stat
import sys
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

_PREFIX = f".removing-{uuid.uuid4().hex}-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: Path) -> None:
    """Removes a folder as far as it can be removed; a link is removed, not what it leads to.

    Folders of folders are moved up first. So neither the depth of calls nor the number of open
    files grows with what a script makes.
    """
    with suppress(OSError):
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
            return
        with _opened(path, None) as top:
            _empty(top)
        path.rmdir()


def _empty(top: int) -> None:
    numbers = count()
    waiting = os.listdir(top)
    while waiting:
        name = waiting.pop()
        if _unlinked(name, top):
            continue
        with suppress(OSError):
            with _opened(name, top) as folder:
                waiting += _move_up(folder, top, numbers)
            os.rmdir(name, dir_fd=top)


def _move_up(folder: int, top: int, numbers: Iterator[int]) -> list[str]:
    """Removes what a folder has, or moves it up where that is a folder; returns its new names."""
    moved: list[str] = []
    for name in os.listdir(folder):
        if not _unlinked(name, folder):
            new = f"{_PREFIX}{next(numbers)}"
            with suppress(OSError):
                # Who moves a folder must be allowed to write to it.
                with _opened(name, folder):
                    pass
                os.rename(name, new, src_dir_fd=folder, dst_dir_fd=top)
                moved.append(new)
    return moved


def _unlinked(name: str, folder: int) -> bool:
    """Removes an entry that is no folder; returns False for a folder."""
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        with suppress(OSError):
            return not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return True


@contextmanager
def _opened(name: str | Path, folder: int | None) -> Generator[int]:
    descriptor = _open(name, folder)
    try:
        os.fchmod(descriptor, 0o700)
        yield descriptor
    finally:
        os.close(descriptor)


def _open(name: str | Path, folder: int | None) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except PermissionError:
        if sys.platform != "linux":
            raise
    # A script has taken the right to read it away; by this path no link is followed.
    found = os.open(name, _FOLDER | os.O_PATH, dir_fd=folder)
    try:
        path = Path(f"/proc/self/fd/{found}")
        path.chmod(0o700)
        return os.open(path, _FOLDER & ~os.O_NOFOLLOW)
    finally:
        os.close(found)
