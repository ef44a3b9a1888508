"""States of the mini-batches of a job, in pages that are cheap to make.

A finished chunk is one entity that holds the counts of its mini-batches; of segments under way,
the counts of the records are read, and what the processes note that are scoring. A job of 100,000
mini-batches takes four pages, and who has seen them asks for what came since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter

from shared.clock import Clock
from shared.jobs.in_progress import LASTING
from shared.jobs.model import Job
from shared.jobs.plan import incomplete_segments, mini_batch_number
from shared.jobs.records import RecordCounts
from shared.jobs.repository import JobRepository
from shared.results.record_repository import RecordRepository

SEGMENTS_PER_PAGE = 1000
OPEN_SEGMENTS_PER_PAGE = 64
IDLE_SEGMENTS = 4


@dataclass(frozen=True)
class Place:
    """A place in the sequence of a job's segments, as one run of the job works through them."""

    run: int
    segment: int


@dataclass(frozen=True)
class MiniBatchPage:
    """States of some of a job's mini-batches.

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

    def __init__(self, jobs: JobRepository, records: RecordRepository, clock: Clock) -> None:
        self._jobs = jobs
        self._records = records
        self._clock = clock

    def read(self, job: Job, since: Place | None) -> MiniBatchPage:
        """Reads one page.

        Args:
            job: The job.
            since: Where to begin, from an earlier page; one of another run begins again, as a job
                that is resumed scores failed mini-batches again.
        """
        first = since.segment if since is not None and since.run == job.run else 0
        end = min(first + SEGMENTS_PER_PAGE, max(job.plan.segments, first))
        found: dict[int, RecordCounts] = {}
        settled: set[int] = set()
        for chunk in self._jobs.chunks(job.name, first=first, before=end):
            found |= dict(enumerate(chunk.mini_batches, chunk.first))
            settled |= set(range(chunk.first, chunk.end)) if chunk.run == job.run else set()
        planned = self._jobs.segment_sizes(job.name)
        sizes = [(segment, size) for segment, size in planned if first <= segment < end]
        found |= self._in_progress(job, sizes, set(found))
        running = self._running(job) - found.keys()
        unsettled = incomplete_segments(sizes, settled)
        here = range(mini_batch_number(first, 0), mini_batch_number(end, 0))
        is_last = max(running, default=-1) < here.stop and not self._is_finished_after(job, end)
        return MiniBatchPage(
            first=here.start,
            last=min(here.stop, job.plan.mini_batches),
            mini_batches=tuple(sorted(found.items(), key=itemgetter(0))),
            running=tuple(sorted(running.intersection(here))),
            following=None if is_last else Place(job.run, end),
            settled=Place(job.run, next(unsettled, end)),
        )

    def _is_finished_after(self, job: Job, segment: int) -> bool:
        """True if any chunk from that segment on is finished."""
        later = self._jobs.chunks(job.name, first=segment)
        return segment < job.plan.segments and any(later)

    def _running(self, job: Job) -> set[int]:
        if job.status.is_final:
            return set()
        since = self._clock() - LASTING
        return set(self._jobs.in_progress.read(job.name, job.run, since))

    def _in_progress(
        self, job: Job, sizes: Sequence[tuple[int, int]], finished: set[int]
    ) -> dict[int, RecordCounts]:
        """Reads the segments that may be under way: the first ones that are not finished."""
        found: dict[int, RecordCounts] = {}
        idle = 0
        for segment in islice(incomplete_segments(sizes, finished), OPEN_SEGMENTS_PER_PAGE):
            counts = self._records.of(job).counts(job.name, segment)
            found |= {number: item for number, item in counts.items() if number not in finished}
            idle = 0 if counts else idle + 1
            if idle == IDLE_SEGMENTS:
                break
        return found
