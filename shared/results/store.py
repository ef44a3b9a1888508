"""Keeps what mini-batches and chunks gave, each exactly once."""

from collections.abc import Iterator
from dataclasses import replace

from shared.assets.datastores import Datastores
from shared.clock import Clock, utc_now
from shared.errors import InvalidError, NotFoundError
from shared.jobs.blob_names import plan_blob
from shared.jobs.model import Job
from shared.jobs.plan import (
    PlannedFile,
    PlanPart,
    PlanReference,
    mini_batch_number,
    place_of,
)
from shared.jobs.records import (
    ChunkRecord,
    MiniBatchRecord,
    RecordCounts,
)
from shared.jobs.repository import JobRepository, PlanPage
from shared.jobs.work import LaneWork
from shared.read_once import ReadOnce
from shared.results.output_blocks import OutputBlocks
from shared.results.recent_records import RecentRecords
from shared.results.record_repository import RecordRepository
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

PARTS_KEPT = 16


class Results:
    """Reads and writes records of mini-batches, and gathers them by chunk."""

    def __init__(
        self,
        jobs: JobRepository,
        records: RecordRepository,
        blobs: BlobStore,
        datastores: Datastores,
        clock: Clock = utc_now,
    ) -> None:
        self._jobs = jobs
        self._records = records
        self._blobs = blobs
        self._clock = clock
        self._blocks = OutputBlocks(blobs, datastores)
        self._recent = RecentRecords()
        # The reference's nonce tells the plan of a job from that of an earlier job of its name.
        self._parts = ReadOnce(self._read_part, PARTS_KEPT)

    def plan(self, job: str, page: PlanPage, segment: int) -> PlanPart:
        """Reads the plan of one segment of a page.

        Raises:
            NotFoundError: It does not exist (any more).
        """
        reference = page.reference(segment)
        first = mini_batch_number(segment - reference.segment, 0)
        size = page.sizes[segment - page.first_segment]
        part = self._parts.get((job, reference))
        return PlanPart(part.mini_batches[first : first + size])

    def files(self, job: str, reference: PlanReference, number: int) -> tuple[PlannedFile, ...]:
        """Reads which files a mini-batch has, by where its plan is written down.

        Raises:
            NotFoundError: It does not exist (any more).
        """
        part = self._parts.get((job, reference))
        return part.mini_batches[number - mini_batch_number(reference.segment, 0)]

    def _read_part(self, key: tuple[str, PlanReference]) -> PlanPart:
        job, reference = key
        return PlanPart.decode(self._blobs.read(SYSTEM_CONTAINER, plan_blob(job, reference)))

    def find(self, job: Job, number: int) -> MiniBatchRecord | None:
        """Reads the record of a mini-batch, None if it has none yet."""
        return self._records.of(job).find(job.name, number)

    def failed(self, job: Job) -> Iterator[tuple[int, MiniBatchRecord]]:
        """Reads the mini-batches that had failed files, in the order of the input."""
        for number in self._jobs.failed_mini_batches(job.name):
            record = self.find(job, number)
            if record is not None:
                yield number, record

    def save(self, job: Job, number: int, record: MiniBatchRecord) -> MiniBatchRecord:
        """Records a mini-batch, and returns the record that counts: the first one saved."""
        ended_at = round(self._clock().timestamp(), 3)
        record = replace(record, counts=replace(record.counts, ended_at=ended_at))
        if not self._records.of(job).add(job.name, number, record):
            return self.find(job, number) or record
        self._recent.keep(job.current_run, number, record)
        return record

    def reopen(self, job: Job, first: int, size: int) -> list[int]:
        """Prepares mini-batches for another try: what earlier runs failed at is forgotten.

        Args:
            job: The job, at the run that is to score them.
            first: The first of them.
            size: How many they are, all in one segment.

        Returns:
            The numbers of those that are to be scored.
        """
        records = self._records.of(job)
        segment, _ = place_of(first)
        kept: set[int] = set()
        for number, counts in records.counts(job.name, segment).items():
            if not first <= number < first + size:
                continue
            if counts.failed and counts.run < job.run:
                self._jobs.forget_failed(job.name, number)
                records.delete(job.name, number)
                continue
            kept.add(number)
            if counts.failed:
                # The host may have died between keeping the record and counting its failures.
                self._jobs.add_failed(job.name, number, counts.failed, counts.file)
        # Staged blocks do not last: a week, or until somebody writes the blob.
        self._jobs.forget_chunks(job.name, first, first + size, job.run)
        return [number for number in range(first, first + size) if number not in kept]

    def count_failed(self, job: Job, number: int, counts: RecordCounts) -> int:
        """Notes failed files of a mini-batch, and returns how many the job has by now."""
        self._jobs.add_failed(job.name, number, counts.failed, counts.file)
        return self._jobs.failed_files(job.name)

    def gather(self, job: Job, work: LaneWork) -> ChunkRecord | None:
        """Stages the rows of the chunk that a lane hands in as blocks of the output.

        Doing it again stages them again, under other names.

        Args:
            job: The job.
            work: The lane; each mini-batch of its chunk must have its record.

        Returns:
            What is to be recorded of the chunk; None if the lane has none.

        Raises:
            InvalidError: Its mini-batches do not have the same columns.
            NotFoundError: A mini-batch has no record yet.
        """
        if work.first is None:
            return None
        records = self._gathered(job, work.first, work.size)
        with_rows = [
            (f"mini-batch {number}", record.columns)
            for number, record in records.items()
            if record.rows
        ]
        columns, problem = job.output_format.common_columns(with_rows)
        if problem:
            raise InvalidError(problem, code="ColumnsDiffer")
        rows = [record.rows for record in records.values()]
        blocks, parts = self._blocks.keep(job, work.first, work.ordinal, rows)
        counts = tuple(record.counts for record in records.values())
        return ChunkRecord(work.first, counts, columns, blocks, job.run, parts)

    def _gathered(self, job: Job, first: int, size: int) -> dict[int, MiniBatchRecord]:
        """Returns the records of some mini-batches, in order; reads those not saved here."""
        numbers = range(first, first + size)
        recent = {number: self._recent.take(job.current_run, number) for number in numbers}
        found = {number: record for number, record in recent.items() if record is not None}
        if len(found) < size:
            found |= self._records.of(job).read(job.name, first, size)
        for number in numbers:
            if number not in found:
                raise NotFoundError(f"mini-batch {number} of the job '{job.name}' has no record")
        return {number: found[number] for number in numbers}
