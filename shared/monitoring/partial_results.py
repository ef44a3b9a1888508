"""Partial results of a job: its records, before or without its output.

The records of mini-batches are handed out as they lie in storage, in the order of the input:
large ones as URLs of their blobs, small ones as URLs that hold them. A page holds a bounded number
of bytes, so that no request takes long however large a job is.
"""

import base64
from dataclasses import dataclass
from datetime import timedelta

from shared.endpoints.scoring_settings import OutputAction
from shared.errors import ConflictError, InvalidError
from shared.jobs.model import Job, RetentionState
from shared.jobs.records import MiniBatchRecord
from shared.results.record_repository import RecordRepository
from shared.results.stored_record import StoredRecord
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

SEGMENTS_AT_ONCE = 200
PAGE_BYTES = 4 * 2**20
WITH_FILES = 50
"""Records in a page whose content the service has to read, for the files that scripts wrote."""


@dataclass(frozen=True)
class ScoredFile:
    """A file that a script wrote: its path below the output folder, and a URL that reads it."""

    name: str
    url: str


@dataclass(frozen=True)
class ScoredMiniBatch:
    """A mini-batch that has a record.

    Attributes:
        number: Its number.
        size: Bytes of the record.
        url: Reads the record for a while, or is a `data:` URL that holds it.
        files: What its script has written.
    """

    number: int
    size: int
    url: str
    files: tuple[ScoredFile, ...]


@dataclass(frozen=True)
class ScoredPage:
    """Some of the mini-batches that have a record, and where the next ones start."""

    mini_batches: tuple[ScoredMiniBatch, ...]
    continuation: str | None


class PartialResults:
    """Finds what was recorded of jobs."""

    def __init__(self, records: RecordRepository, blobs: BlobStore, lifetime: timedelta) -> None:
        self._records = records
        self._blobs = blobs
        self._lifetime = lifetime

    def page(self, job: Job, limit: int, continuation: str | None) -> ScoredPage:
        """Lists mini-batches that have a record, in the order of the input.

        Args:
            job: The job.
            limit: After how many the page ends, at the end of a segment.
            continuation: Where to go on: the number of a segment.

        Raises:
            ConflictError: The job's records were removed.
            InvalidError: The continuation is none of an earlier answer.
        """
        check_records(job)
        writes_files = job.settings.output_action is OutputAction.SUMMARY_ONLY
        most = min(limit, WITH_FILES) if writes_files else limit
        found: list[ScoredMiniBatch] = []
        segment = _read_segment(continuation)
        end = min(job.plan.segments, segment + SEGMENTS_AT_ONCE)
        held = 0
        while segment < end and len(found) < most and held < PAGE_BYTES:
            records = self._records.of(job).listed(job.name, segment)
            found += [self._scored(record, writes_files=writes_files) for record in records]
            held += sum(len(record.data) for record in records)
            segment += 1
        return ScoredPage(tuple(found), str(segment) if segment < job.plan.segments else None)

    def _scored(self, record: StoredRecord, *, writes_files: bool) -> ScoredMiniBatch:
        return ScoredMiniBatch(
            number=record.number,
            size=record.size,
            url=_data_url(record.data) if record.blob is None else self._url(record.blob),
            files=self._files(record) if writes_files else (),
        )

    def _files(self, stored: StoredRecord) -> tuple[ScoredFile, ...]:
        data = stored.data
        if stored.blob is not None:
            data = self._blobs.read(SYSTEM_CONTAINER, stored.blob)
        written = MiniBatchRecord.decode(data).written
        return tuple(ScoredFile(file.name, self._url(file.blob)) for file in written)

    def _url(self, name: str) -> str:
        return self._blobs.download_url(SYSTEM_CONTAINER, name, self._lifetime)


def check_records(job: Job) -> None:
    """Raises ConflictError if what a job had scored was removed."""
    if job.records is not RetentionState.PRESENT:
        raise ConflictError(
            f"what the job '{job.name}' had scored was removed, as it ended long ago",
            code="RecordsRemoved",
        )


def _data_url(data: bytes) -> str:
    return f"data:application/octet-stream;base64,{base64.b64encode(data).decode()}"


def _read_segment(continuation: str | None) -> int:
    if continuation is None:
        return 0
    if not (continuation.isascii() and continuation.isdecimal() and len(continuation) <= 6):
        raise InvalidError("is none of an earlier answer", target="continuation")
    return int(continuation)
