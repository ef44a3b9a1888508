"""Folders in which scorers work, and those of scripts' inputs, in memory or on disk.

Each host has one folder for all that, which it keeps locked, so that what a killed host left behind
can be told from what another one needs, and is removed by the next.
"""

import atexit
import contextlib
import fcntl
import os
import stat
import tempfile
import threading
from pathlib import Path

from scoring.process.remove_tree import remove_tree

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  its folders are made with unguessable names
_PREFIX = "batchpoint-host-"
_guard = threading.Lock()
_own: dict[Path, Path] = {}


def work_folder(parent: Path | None = None) -> Path:
    """Makes a folder on disk for one scorer: below `parent`, or where temporary files are."""
    own = host_folder(parent or Path(tempfile.gettempdir()))
    return Path(tempfile.mkdtemp(prefix="scorer-", dir=own))


def memory_folder(memory: Path = _SHARED_MEMORY) -> Path | None:
    """Makes a folder in memory for the inputs of one scorer, None where there is no such place."""
    if not os.access(memory, os.W_OK | os.X_OK):
        return None
    return Path(tempfile.mkdtemp(prefix="scorer-", dir=host_folder(memory)))


def make_private(folder: Path) -> None:
    """Makes a folder that only this user can enter, or makes one so that is there.

    Its name may be known to others, who could put a model of theirs there first.

    Raises:
        PermissionError: It is somebody else's, or a link.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(
            f"{folder} must be a folder that belongs to the user of this process; remove it, or "
            "set BATCHPOINT_SCRATCH_FOLDER to another one"
        )
    folder.chmod(0o700)


def host_folder(parent: Path) -> Path:
    """Returns this host's own folder in another one, after clearing up behind dead hosts."""
    with _guard:
        if parent not in _own:
            for left in parent.glob(f"{_PREFIX}*"):
                _remove_if_left(left)
            _own[parent] = _claim(parent)
            atexit.register(remove_tree, _own[parent])
        return _own[parent]


def _claim(parent: Path) -> Path:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        # Never closed: the lock ends with this process. Scorers do not inherit it.
        fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
        # Another host may have taken it for a dead one's before it was locked.
        if folder.exists():
            return folder


def _remove_if_left(folder: Path) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_tree(folder)
        finally:
            os.close(descriptor)
