"""Inputs of the contenders: files, or pieces of one large file that begin and end at a line."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import obstore
from obstore.store import AzureStore

from bench.storage import Account, list_files

_LONGEST_LINE = 64 * 1024
_READERS = 16

Contents = tuple[Sequence[str], Sequence[bytes]]
"""The names of the files of a part, and what each holds."""


@dataclass(frozen=True)
class Task:
    """Work of a contender; `piece_bytes` is 0 where files are not split."""

    kind: str
    folder: str
    mini_batch_size: int
    piece_bytes: int


@dataclass(frozen=True)
class Part:
    """A mini-batch of whole files, or one piece of a file: from `start` up to before `end`."""

    names: tuple[str, ...]
    start: int = 0
    end: int = 0
    size: int = 0


def parts(store: AzureStore, task: Task) -> list[Part]:
    """Lists the input and groups it, in order."""
    names = list_files(store, task.folder)
    if not task.piece_bytes:
        step = task.mini_batch_size
        return [Part(tuple(names[i : i + step])) for i in range(0, len(names), step)]
    found: list[Part] = []
    for name in names:
        size = int(obstore.head(store, name)["size"])
        found += [
            Part((name,), start, min(start + task.piece_bytes, size), size)
            for start in range(0, size, task.piece_bytes)
        ]
    return found


class Reader:
    """Reads parts, the files of one concurrently; its processes may read several parts at once."""

    def __init__(self, account: Account) -> None:
        self._store = account.store()
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="reader")

    def begin(self, part: Part) -> "Future[Contents]":
        """Starts to read a part in the background."""
        return self._ahead.submit(self.read, part)

    def read(self, part: Part) -> "Contents":
        """Reads a part."""
        names = [name.rpartition("/")[2] for name in part.names]
        if part.size:
            return names, [self._piece(part)]
        return names, list(self._readers.map(self._file, part.names))

    def _file(self, name: str) -> bytes:
        return bytes(obstore.get(self._store, name).bytes())

    def _piece(self, part: Part) -> bytes:
        """A piece with the file's header, from its first whole line to the end of its last one."""
        name = part.names[0]
        # The line that a piece begins in belongs to the piece before.
        start, stop = max(part.start - 1, 0), min(part.end + _LONGEST_LINE, part.size)
        first = self._readers.submit(self._range, name, 0, min(_LONGEST_LINE, part.size))
        data, head = self._range(name, start, stop), first.result()
        header = head[: head.index(b"\n") + 1]
        end = len(data) if part.end == part.size else data.index(b"\n", part.end - 1 - start) + 1
        if not part.start:
            return data[:end]
        return header + data[data.index(b"\n") + 1 : end]

    def _range(self, name: str, start: int, end: int) -> bytes:
        return bytes(obstore.get_range(self._store, name, start=start, end=end))
