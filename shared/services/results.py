"""Keeps what mini-batches and chunks gave, each exactly once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from shared.domain.job import Job
from shared.domain.layout import SYSTEM_CONTAINER, plan_blob, record_blob, record_folder
from shared.domain.plan import ChunkPlan, mini_batch_number
from shared.domain.records import (
    COUNTS_LINE_BYTES,
    ChunkRecord,
    MiniBatchRecord,
    RecordCounts,
    common_columns,
    decode_counts,
)
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.services.blocks import OutputBlocks
from shared.services.clock import Clock, utc_now
from shared.services.recent_records import RecentRecords
from shared.storage.datastores import Datastores
from shared.storage.jobs import JobRepository
from shared.storage.listing import list_all
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class MiniBatchKey:
    """Which mini-batch: its job, the chunk it is in, and its place there."""

    job: str
    chunk: int
    index: int

    @property
    def number(self) -> int:
        """Its number in the job, from 0, in the order of the input."""
        return mini_batch_number(self.chunk, self.index)


class Results:
    """Reads and writes records of mini-batches, and gathers them by chunk."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        datastores: Datastores,
        clock: Clock = utc_now,
    ) -> None:
        self._clock = clock
        self._jobs = jobs
        self._blobs = blobs
        self._blocks = OutputBlocks(blobs, datastores)
        self._recent = RecentRecords()

    def plan(self, job: str, chunk: int, nonce: str) -> ChunkPlan:
        """Reads the plan of one chunk.

        Raises:
            NotFoundError: It does not exist (any more).
        """
        return ChunkPlan.decode(self._blobs.read(SYSTEM_CONTAINER, plan_blob(job, chunk, nonce)))

    def find(self, key: MiniBatchKey) -> MiniBatchRecord | None:
        """Reads the record of a mini-batch, None if it has none yet."""
        try:
            data = self._blobs.read(SYSTEM_CONTAINER, record_blob(key.job, key.chunk, key.index))
        except NotFoundError:
            return None
        return MiniBatchRecord.decode(data)

    def failed(self, job: str) -> Iterator[tuple[MiniBatchKey, MiniBatchRecord]]:
        """Reads the mini-batches that had failed files, in the order of the input."""
        for chunk, index, _ in self._jobs.failed_mini_batches(job):
            key = MiniBatchKey(job, chunk, index)
            record = self.find(key)
            if record is not None:
                yield key, record

    def save(self, key: MiniBatchKey, record: MiniBatchRecord) -> MiniBatchRecord:
        """Records a mini-batch, and returns the record that counts: the first one saved."""
        ended_at = round(self._clock().timestamp(), 3)
        record = replace(record, counts=replace(record.counts, ended_at=ended_at))
        name = record_blob(key.job, key.chunk, key.index)
        try:
            self._blobs.create(SYSTEM_CONTAINER, name, record.encode())
        except ConflictError:
            return self.find(key) or record
        self._recent.keep(name, record)
        return record

    def reopen(self, job: str, chunk: int, size: int, run: int) -> list[int]:
        """Prepares a chunk for another try: what earlier runs failed at is forgotten.

        Returns:
            Which of its mini-batches are to be scored.
        """
        kept: set[int] = set()
        for blob in list_all(self._blobs, SYSTEM_CONTAINER, record_folder(job, chunk)):
            index = int(blob.name.rsplit("/", 1)[-1])
            line = self._blobs.read_range(SYSTEM_CONTAINER, blob.name, 0, COUNTS_LINE_BYTES)
            counts = decode_counts(line)
            if counts.failed and counts.run < run:
                self._jobs.forget_failed(job, chunk, index)
                self._blobs.delete(SYSTEM_CONTAINER, blob.name)
                continue
            kept.add(index)
            if counts.failed:
                # The host may have died between keeping the record and counting its failures.
                self._jobs.add_failed(job, chunk, index, counts.failed, counts.file)
        # Staged blocks do not last: a week, or until somebody writes the blob.
        self._jobs.forget_chunk(job, chunk, run)
        return [index for index in range(size) if index not in kept]

    def count_failed(self, key: MiniBatchKey, counts: RecordCounts) -> int:
        """Notes failed files of a mini-batch, and tells how many the job has by now."""
        self._jobs.add_failed(key.job, key.chunk, key.index, counts.failed, counts.file)
        return self._jobs.failed_files(key.job)

    def collect(self, job: Job, chunk: int, size: int) -> ChunkRecord:
        """Stages the rows of a chunk as blocks of the output, and records the chunk.

        Doing it again changes nothing: the chunk that is recorded first is the one that counts.

        Args:
            job: The job.
            chunk: The chunk's number.
            size: How many mini-batches it has; each must have its record.

        Raises:
            InvalidError: Its mini-batches do not have the same columns.
            NotFoundError: A mini-batch has no record yet.
        """
        keys = [MiniBatchKey(job.name, chunk, index) for index in range(size)]
        records = [self._record(key, job.run) for key in keys]
        with_rows = [
            (f"mini-batch {index} of chunk {chunk}", record.columns)
            for index, record in enumerate(records)
            if record.rows
        ]
        columns, problem = common_columns(with_rows)
        if problem:
            raise InvalidError(problem, code="ColumnsDiffer")
        blocks, parts = self._blocks.keep(job, chunk, [record.rows for record in records])
        counts = tuple(record.counts for record in records)
        made = ChunkRecord(chunk, counts, columns, blocks, job.run, parts)
        self._jobs.add_chunk(job.name, made)
        return made

    def _record(self, key: MiniBatchKey, run: int) -> MiniBatchRecord:
        name = record_blob(key.job, key.chunk, key.index)
        record = self._recent.take(name, run) or self.find(key)
        if record is None:
            raise NotFoundError(
                f"mini-batch {key.index} of chunk {key.chunk} of the job '{key.job}' has no record"
            )
        return record
