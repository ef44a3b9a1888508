"""The folder that a script writes its files to, read without following anything in it.

The script may change the folder while it is read, for what it started may live on. So nothing is
opened by a path: each name is opened below the descriptor of its folder, links are not followed,
and what is read is what was found to be a regular file once it was open.
"""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from scoring.process.remove_tree import remove_tree
from scoring.process.result import FailureCause, ScorerError

MAX_FILES = 100_000
MAX_BYTES = 64 * 1024**3
MAX_DEPTH = 50
MAX_NAME = 900
BLOCK = 8 * 1024 * 1024
_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe without a writer must not be waited for, and a terminal not become the host's.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
# It is gone, or a link or a socket by now.
_NOT_A_FILE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENODEV})


@dataclass(frozen=True)
class FoundFile:
    """A regular file of the folder, while it is open.

    Attributes:
        name: Its path in the folder, with `/` between the parts.
        size: Bytes that it had when it was opened; no more are read.
        descriptor: It, open for reading.
    """

    name: str
    size: int
    descriptor: int

    def blocks(self) -> Iterator[bytes]:
        """Reads the content in blocks of up to `BLOCK` bytes."""
        left = self.size
        while left > 0:
            data = os.read(self.descriptor, min(left, BLOCK))
            if not data:
                return
            left -= len(data)
            yield data


class OutputFolder:
    """A folder for what one `run()` writes.

    Args:
        path: Where the script finds it.
        descriptor: It, open since before the script knew of it.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def files(self) -> Iterator[FoundFile]:
        """Opens all regular files one after the other, each as long as it is the current one.

        Raises:
            ScorerError: RAISED: They are too many or too large, one cannot be read, or its name is
                none for an output.
        """
        size = 0
        for number, file in enumerate(_files(self._descriptor, "", MAX_DEPTH)):
            size += file.size
            if number == MAX_FILES or size > MAX_BYTES:
                raise _refused(f"run() wrote more than {MAX_FILES:,} files or {MAX_BYTES:,} bytes")
            yield file


@contextmanager
def output_folder(parent: Path | None) -> Generator[OutputFolder]:
    """Makes a folder in another one, and removes it afterwards.

    Raises:
        ScorerError: RAISED: What was started by an earlier script has taken it away.
    """
    path = Path(tempfile.mkdtemp(prefix="output-", dir=parent))
    try:
        descriptor = _open(path, _FOLDER, None)
        if descriptor is None:
            raise _refused("something took away the folder for the files of run()")
        try:
            yield OutputFolder(path, descriptor)
        finally:
            os.close(descriptor)
    finally:
        remove_tree(path)


def _files(folder: int, prefix: str, depth: int) -> Iterator[FoundFile]:
    """Opens the files of a folder and of those below it, in the order of their names."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, MAX_FILES + 1))
    for name in names:
        opened = _open(name, _FILE, folder)
        if opened is None:
            continue
        try:
            yield from _below(opened, prefix + name, depth)
        finally:
            os.close(opened)


def _below(opened: int, name: str, depth: int) -> Iterator[FoundFile]:
    found = os.fstat(opened)
    if stat.S_ISDIR(found.st_mode):
        _check_name(name)
        if not depth:
            raise _refused(f"run() wrote folders in more than {MAX_DEPTH} others: {name!r}")
        yield from _files(opened, f"{name}/", depth - 1)
    elif stat.S_ISREG(found.st_mode):
        _check_name(name)
        yield FoundFile(name, found.st_size, opened)


def _open(name: str | Path, flags: int, folder: int | None) -> int | None:
    try:
        return os.open(name, flags, dir_fd=folder)
    except PermissionError as error:
        raise _refused(f"the file {str(name)!r} of run() cannot be read: {error}") from error
    except OSError as error:
        if error.errno in _NOT_A_FILE:
            return None
        raise


def _check_name(name: str) -> None:
    if _ODD.search(name) or len(name) > MAX_NAME:
        raise _refused(f"run() wrote a file of a name that no output can have: {name[:200]!a}")


def _refused(message: str) -> ScorerError:
    return ScorerError(FailureCause.RAISED, message)
