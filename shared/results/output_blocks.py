"""The blocks of an output: few enough for one blob, however many chunks a job has.

A blob has 50,000 blocks at most. Most jobs need far fewer, and each chunk stages its rows as blocks
of the output. The chunks of a very large job that are handed out later keep theirs in blobs of
their own instead, which are joined to large blocks at the end; only what they hold moves once more.
https://learn.microsoft.com/rest/api/storageservices/understanding-block-blobs--append-blobs--and-page-blobs
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, repeat
from typing import TypeVar
from uuid import uuid4

from shared.assets.datastores import Datastores
from shared.jobs.blob_names import part_blob
from shared.jobs.model import Job
from shared.jobs.records import ChunkRecord, StoredPart, block_id
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

T = TypeVar("T")

BLOCK_BYTES = 32 * 2**20
# A chunk of b blocks stages them if the number of chunks up to it, times b, is not more than this.
# As b is 25 at most (a chunk's mini-batches), all these together are at most
# 8,000 x (1 + ln 25) = 34,000. Parts that no such block comes between are joined; those gaps are
# fewer than 8,000, and joining makes up to twice JOINED_BLOCKS. All in all, less than 50,000.
STAGED_BLOCKS = 8_000
JOINED_BLOCKS = 3_500
_READERS = 8
_JOINED_NONCE = "joined00"


class OutputBlocks:
    """Puts rows where the output can be made of them."""

    def __init__(self, blobs: BlobStore, datastores: Datastores) -> None:
        self._blobs = blobs
        self._datastores = datastores

    def keep(
        self, job: Job, first: int, ordinal: int, rows: Sequence[bytes]
    ) -> tuple[tuple[str, ...], tuple[StoredPart, ...]]:
        """Keeps the rows of a chunk's mini-batches, each time under other names.

        Args:
            job: The job.
            first: The number of the chunk's first mini-batch.
            ordinal: How many chunks of the job were handed out before it.
            rows: The rows of each mini-batch.

        Returns:
            The ids of the blocks that hold them, or the blobs.
        """
        groups = list(_grouped(filter(None, rows), len, BLOCK_BYTES))
        nonce = uuid4().hex[:8]
        if (ordinal + 1) * len(groups) > STAGED_BLOCKS:
            numbered = enumerate(groups)
            return (), tuple(self._store(job, first, i, nonce, some) for i, some in numbered)
        container, name = self._datastores.locate(job.output.file)
        ids = tuple(block_id(first, sequence, nonce) for sequence in range(len(groups)))
        for identifier, group in zip(ids, groups, strict=True):
            self._blobs.stage_block(container, name, identifier, job.output_format.join(group))
        return ids, ()

    def all(self, job: Job, chunks: Sequence[ChunkRecord]) -> list[str]:
        """The ids of all blocks of the output, in order; joins what is kept in blobs.

        Doing it again stages the same bytes under the same ids.
        """
        size = sum(part.size for chunk in chunks for part in chunk.parts)
        target = max(BLOCK_BYTES, -(-size // JOINED_BLOCKS))
        found: list[str] = []
        joined = 0
        with ThreadPoolExecutor(_READERS, thread_name_prefix="part") as readers:
            for are_parts, alike in groupby(chunks, lambda chunk: bool(chunk.parts)):
                if not are_parts:
                    found += [block for chunk in alike for block in chunk.blocks]
                    continue
                parts = [part for chunk in alike for part in chunk.parts]
                for group in _grouped(parts, lambda part: part.size, target):
                    found.append(self._join(job, joined, group, readers))
                    joined += 1
        return found

    def _store(
        self, job: Job, first: int, sequence: int, nonce: str, rows: Sequence[bytes]
    ) -> StoredPart:
        data = job.output_format.join(rows)
        blob = part_blob(job.name, first, sequence, nonce)
        self._blobs.write(SYSTEM_CONTAINER, blob, data)
        return StoredPart(blob, len(data))

    def _join(
        self, job: Job, number: int, parts: Sequence[StoredPart], readers: ThreadPoolExecutor
    ) -> str:
        container, name = self._datastores.locate(job.output.file)
        blobs = [part.blob for part in parts]
        read = readers.map(self._blobs.read, repeat(SYSTEM_CONTAINER), blobs)
        identifier = block_id(number, 0, _JOINED_NONCE)
        self._blobs.stage_block(container, name, identifier, job.output_format.join(list(read)))
        return identifier


def _grouped(items: Iterable[T], size_of: Callable[[T], int], most: int) -> Iterator[list[T]]:
    """Puts neighbours together that are small, and cuts none."""
    group: list[T] = []
    size = 0
    for item in items:
        if group and size + size_of(item) > most:
            yield group
            group, size = [], 0
        group.append(item)
        size += size_of(item)
    if group:
        yield group
