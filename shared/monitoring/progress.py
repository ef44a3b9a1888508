"""Progress of a job: exact counts of its records, while it runs and afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice

from shared.jobs.model import Counts, Job
from shared.jobs.plan import incomplete_segments
from shared.jobs.records import FileFailure, RecordCounts, tally
from shared.jobs.repository import JobRepository
from shared.results.record_repository import RecordRepository
from shared.results.store import Results

FIRST_ERRORS = 10
OPEN_SEGMENTS = 64
# Segments without a record, one after another, behind which nothing is looked for.
EMPTY_SEGMENTS = 4


@dataclass(frozen=True)
class FirstError:
    """One of the first failures of a job; `files` of a mini-batch failed in the same way."""

    failure: FileFailure
    mini_batch: int
    attempts: int
    files: int


@dataclass(frozen=True)
class Progress:
    """Counts of a job with its speed.

    Attributes:
        counts: What is done.
        elapsed: Seconds since the job started to run; None before.
        files_per_second: Over the whole run so far.
        rows_per_second: Over the whole run so far.
        seconds_left: An estimate; None where there is nothing to estimate from.
    """

    counts: Counts
    elapsed: float | None = None
    files_per_second: float | None = None
    rows_per_second: float | None = None
    seconds_left: float | None = None


class ProgressReader:
    """Reads a job's progress from what its execution has recorded."""

    def __init__(self, jobs: JobRepository, records: RecordRepository, results: Results) -> None:
        self._jobs = jobs
        self._records = records
        self._results = results

    def read(self, job: Job, now: datetime) -> Progress:
        """Counts what is recorded of a job, and derives its speed."""
        counts = self._counts(job)
        if job.started_at is None:
            return Progress(counts)
        elapsed = max(((job.ended_at or now) - job.started_at).total_seconds(), 0.001)
        done = counts.files_scored + counts.files_failed
        return Progress(
            counts,
            elapsed=elapsed,
            files_per_second=done / elapsed,
            rows_per_second=counts.rows / elapsed,
            seconds_left=None if job.status.is_final else _seconds_left(job, counts, elapsed),
        )

    def first_errors(self, job: Job) -> tuple[FirstError, ...]:
        """The first failures in the order of the input."""
        return tuple(islice(self._errors(job), FIRST_ERRORS))

    def _errors(self, job: Job) -> Iterator[FirstError]:
        for number, record in self._results.failed(job):
            for _, alike in groupby(record.failures, lambda failure: failure.message):
                failures = list(alike)
                yield FirstError(failures[0], number, record.counts.attempts, len(failures))

    def _counts(self, job: Job) -> Counts:
        return tally(self._recorded(job))

    def _recorded(self, job: Job) -> Iterator[RecordCounts]:
        """Yields the counts of all mini-batches that have a record, each once."""
        finished: set[int] = set()
        for chunk in self._jobs.chunks(job.name):
            yield from chunk.mini_batches
            finished.update(range(chunk.first, chunk.end))
        if len(finished) == job.plan.mini_batches:
            return
        empty = 0
        open_segments = incomplete_segments(self._jobs.segment_sizes(job.name), finished)
        for segment in islice(open_segments, OPEN_SEGMENTS):
            recorded = self._records.of(job).counts(job.name, segment)
            yield from (item for number, item in recorded.items() if number not in finished)
            empty = 0 if recorded else empty + 1
            if empty == EMPTY_SEGMENTS:
                return


def _seconds_left(job: Job, counts: Counts, elapsed: float) -> float | None:
    """By mini-batches, as a file that is split is done as late as its last piece."""
    done = counts.mini_batches_done
    return (job.plan.mini_batches - done) * elapsed / done if done else None
