"""Environments as archives in Blob Storage: packed once, unpacked wherever they are needed.

An archive is streamed in both directions, block by block; neither it nor the environment is ever in
memory as a whole. What belongs to one machine, the interpreter and the paths to it, is not packed.
"""

import tarfile
import uuid
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import IO, cast

import zstandard

from shared.errors import ConflictError, NotFoundError
from shared.storage.ports import BlobStore

_BLOCK = 8 * 1024 * 1024
_AT_ONCE = 4
_LEVEL = 3
_OWN = frozenset({"pyvenv.cfg", "lib64", ".lock", ".gitignore", "CACHEDIR.TAG"})


def pack(environment: Path, blobs: BlobStore, container: str, name: str) -> None:
    """Stores an environment as a blob, if there is none of that name.

    Raises:
        ConflictError: There is; somebody else was faster.
    """
    with closing(_Blocks(blobs, container, name)) as blocks:
        compressor = zstandard.ZstdCompressor(level=_LEVEL)
        with (
            compressor.stream_writer(cast("IO[bytes]", blocks), closefd=False) as stream,
            tarfile.open(fileobj=stream, mode="w|") as archive,
        ):
            archive.add(environment, arcname=".", filter=_portable)
        blocks.commit()


def unpack(environment: Path, blobs: BlobStore, container: str, name: str) -> None:
    """Adds what was packed to a fresh virtual environment.

    Raises:
        NotFoundError: There is no such archive.
    """
    with closing(_Ranges(blobs, container, name)) as ranges:
        stream = zstandard.ZstdDecompressor().stream_reader(cast("IO[bytes]", ranges))
        with stream, tarfile.open(fileobj=stream, mode="r|") as archive:
            # Python before 3.11.4 knows no filter, and ignores this; the archive is our own.
            archive.extraction_filter = getattr(tarfile, "tar_filter", None)
            archive.extractall(environment)  # noqa: S202 - what a filter does is done above


def _portable(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    path = member.name.removeprefix("./")
    folder, _, file = path.rpartition("/")
    if path in _OWN or (folder == "bin" and file.startswith(("python", "activate"))):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


class _Blocks:
    """Stages what is written to it as blocks of a blob, a few at once."""

    def __init__(self, blobs: BlobStore, container: str, name: str) -> None:
        self._blobs = blobs
        self._place = (container, name)
        # Of two that write the same blob, each has blocks of its own.
        self._nonce = uuid.uuid4().hex
        self._buffer = bytearray()
        self._ids: list[str] = []
        self._pending: deque[Future[None]] = deque()
        self._executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="pack")

    def write(self, data: bytes) -> int:
        self._buffer += data
        while len(self._buffer) >= _BLOCK:
            self._stage(bytes(self._buffer[:_BLOCK]))
            del self._buffer[:_BLOCK]
        return len(data)

    def commit(self) -> None:
        if self._buffer:
            self._stage(bytes(self._buffer))
            self._buffer.clear()
        for staged in self._pending:
            staged.result()
        try:
            self._blobs.commit_blocks(*self._place, self._ids)
        except NotFoundError as error:
            # A blob that is committed forgets all other blocks that were staged for it.
            raise ConflictError(f"somebody else has stored '{self._place[1]}'") from error

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)

    def _stage(self, data: bytes) -> None:
        while len(self._pending) >= _AT_ONCE:
            self._pending.popleft().result()
        block_id = f"{self._nonce}-{len(self._ids):06d}"
        self._ids.append(block_id)
        stage = self._blobs.stage_block
        self._pending.append(self._executor.submit(stage, *self._place, block_id, data))


class _Ranges:
    """Reads a blob from its beginning, the next parts already under way."""

    def __init__(self, blobs: BlobStore, container: str, name: str) -> None:
        found = blobs.info(container, name)
        if found is None:
            raise NotFoundError(f"there is no blob '{name}' in '{container}'")
        self._starts = iter(range(0, found.size, _BLOCK))
        self._read = partial(blobs.read_range, container, name, length=_BLOCK)
        self._executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="unpack")
        self._coming: deque[Future[bytes]] = deque()
        self._current = memoryview(b"")
        for _ in range(_AT_ONCE):
            self._ask()

    def read(self, size: int) -> bytes:
        """Returns up to that many bytes, none at the end."""
        if not self._current and self._coming:
            self._current = memoryview(self._coming.popleft().result())
            self._ask()
        taken, self._current = self._current[:size], self._current[size:]
        return bytes(taken)

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)

    def _ask(self) -> None:
        start = next(self._starts, None)
        if start is not None:
            self._coming.append(self._executor.submit(self._read, start=start))
