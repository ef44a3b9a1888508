"""What is known of each mini-batch of a job, in pages that are cheap to make.

A finished chunk is one entity that holds the counts of its 25 mini-batches; of chunks under way,
the heads of the records are read, and what the processes note that are scoring. A job of 100,000
mini-batches takes four pages, and who has seen them asks for what came since.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import itemgetter

from shared.domain.job import Job
from shared.domain.layout import SYSTEM_CONTAINER, record_folder
from shared.domain.plan import mini_batch_number
from shared.domain.records import COUNTS_LINE_BYTES, ChunkRecord, RecordCounts, decode_counts
from shared.errors import NotFoundError
from shared.services.clock import Clock
from shared.services.under_way import LASTING
from shared.storage.jobs import JobRepository
from shared.storage.listing import list_all
from shared.storage.ports import BlobInfo, BlobStore

CHUNKS_PER_PAGE = 1000
OPEN_CHUNKS_PER_PAGE = 32
IDLE_CHUNKS = 4
KEPT_HEADS = 4096


@dataclass(frozen=True)
class Place:
    """A place in the sequence of a job's chunks, as one run of the job works through them."""

    run: int
    chunk: int


@dataclass(frozen=True)
class MiniBatchPage:
    """What is known of some of a job's mini-batches.

    Attributes:
        first: Number of the first mini-batch that the page is about.
        last: Number of the first one after those.
        mini_batches: Number and counts of each that was scored or given up, in order; the others
            of the page are waiting or being scored.
        running: Numbers of those that are being scored, as far as it was noted, in order.
        following: Where the next page starts; None if nothing is known of what comes after.
        settled: All before this place will not change while this run goes on.
    """

    first: int
    last: int
    mini_batches: tuple[tuple[int, RecordCounts], ...]
    running: tuple[int, ...]
    following: Place | None
    settled: Place


class MiniBatchReader:
    """Reads what is recorded of mini-batches."""

    def __init__(self, jobs: JobRepository, blobs: BlobStore, clock: Clock) -> None:
        self._clock = clock
        self._jobs = jobs
        self._blobs = blobs
        self._head = lru_cache(maxsize=KEPT_HEADS)(self._read_head)

    def read(self, job: Job, since: Place | None) -> MiniBatchPage:
        """Reads one page.

        Args:
            job: The job.
            since: Where to begin, from an earlier page; one of another run begins anew, as a job
                that is resumed scores failed mini-batches again.
        """
        first = since.chunk if since is not None and since.run == job.run else 0
        end = min(first + CHUNKS_PER_PAGE, max(job.plan.chunks, first))
        finished = tuple(self._jobs.chunks(job.name, first=first, before=end))
        settled = {item.chunk for item in finished if item.run == job.run}
        found = [pair for item in finished for pair in _numbered(item)]
        found += self._under_way(job.name, first, end, {item.chunk for item in finished})
        running = self._running(job) - {number for number, _ in found}
        here = range(mini_batch_number(first, 0), mini_batch_number(end, 0))
        is_last = max(running, default=-1) < here.stop and not self._is_finished_after(job, end)
        return MiniBatchPage(
            first=here.start,
            last=min(here.stop, job.plan.mini_batches),
            mini_batches=tuple(sorted(found, key=itemgetter(0))),
            running=tuple(sorted(running.intersection(here))),
            following=None if is_last else Place(job.run, end),
            settled=Place(job.run, next((c for c in range(first, end) if c not in settled), end)),
        )

    def _is_finished_after(self, job: Job, chunk: int) -> bool:
        """Whether any chunk from that one on is finished."""
        return chunk < job.plan.chunks and any(self._jobs.chunks(job.name, first=chunk))

    def _running(self, job: Job) -> set[int]:
        if job.status.is_final:
            return set()
        since = self._clock() - LASTING
        return set(self._jobs.under_way.read(job.name, job.run, since))

    def _under_way(
        self, job: str, first: int, end: int, finished: Container[int]
    ) -> Iterator[tuple[int, RecordCounts]]:
        """Reads the chunks that may be under way: the first ones that are not finished."""
        idle = 0
        unfinished = (chunk for chunk in range(first, end) if chunk not in finished)
        for chunk in islice(unfinished, OPEN_CHUNKS_PER_PAGE):
            found = tuple(self._open_chunk(job, chunk))
            yield from found
            idle = 0 if found else idle + 1
            if idle == IDLE_CHUNKS:
                return

    def _open_chunk(self, job: str, chunk: int) -> Iterator[tuple[int, RecordCounts]]:
        for blob in list_all(self._blobs, SYSTEM_CONTAINER, record_folder(job, chunk)):
            try:
                counts = self._head(blob)
            except NotFoundError:
                # A resumed run has just thrown it away.
                continue
            yield mini_batch_number(chunk, int(blob.name.rsplit("/", 1)[-1])), counts

    def _read_head(self, blob: BlobInfo) -> RecordCounts:
        """Reads the head of a record; a record never changes, so that one reading is enough."""
        return decode_counts(
            self._blobs.read_range(SYSTEM_CONTAINER, blob.name, 0, COUNTS_LINE_BYTES)
        )


def _numbered(record: ChunkRecord) -> Iterator[tuple[int, RecordCounts]]:
    for index, counts in enumerate(record.mini_batches):
        yield mini_batch_number(record.chunk, index), counts
