"""What a job has scored so far, for those who want it before, or without, its output.

The records of mini-batches are handed out as they lie in storage, in the order of the input:
however large a job is, no request takes long, and no row passes through the app.
"""

from dataclasses import dataclass
from datetime import timedelta

from shared.domain.job import Job, Kept
from shared.domain.layout import SYSTEM_CONTAINER, record_folder
from shared.domain.plan import mini_batch_number
from shared.domain.records import MiniBatchRecord
from shared.domain.scoring_settings import OutputAction
from shared.errors import ConflictError, InvalidError
from shared.storage.ports import BlobInfo, BlobStore

CHUNKS_AT_ONCE = 200
WITH_FILES = 50
"""Records in a page whose content the service has to read, for the files that scripts wrote."""


@dataclass(frozen=True)
class ScoredFile:
    """A file that a script wrote: its path below the output folder, and a URL that reads it."""

    name: str
    url: str


@dataclass(frozen=True)
class ScoredMiniBatch:
    """A mini-batch that has a record; its `url` reads the record, of `size` bytes, for a while."""

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

    def __init__(self, blobs: BlobStore, lifetime: timedelta) -> None:
        self._blobs = blobs
        self._lifetime = lifetime

    def page(self, job: Job, limit: int, continuation: str | None) -> ScoredPage:
        """Lists mini-batches that have a record, in the order of the input.

        Args:
            job: The job.
            limit: After how many the page ends, at the end of a chunk.
            continuation: Where to go on: the number of a chunk.

        Raises:
            ConflictError: The job's records were removed.
            InvalidError: The continuation is none of an earlier answer.
        """
        check_records(job)
        writes_files = job.settings.output_action is OutputAction.SUMMARY_ONLY
        most = min(limit, WITH_FILES) if writes_files else limit
        found: list[ScoredMiniBatch] = []
        first = chunk = _read_chunk(continuation)
        while chunk < job.plan.chunks and len(found) < most and chunk < first + CHUNKS_AT_ONCE:
            page = self._blobs.list_page(SYSTEM_CONTAINER, record_folder(job.name, chunk))
            found += [self._scored(chunk, blob, writes_files=writes_files) for blob in page.blobs]
            chunk += 1
        return ScoredPage(tuple(found), str(chunk) if chunk < job.plan.chunks else None)

    def _scored(self, chunk: int, blob: BlobInfo, *, writes_files: bool) -> ScoredMiniBatch:
        index = int(blob.name.rsplit("/", 1)[-1])
        return ScoredMiniBatch(
            number=mini_batch_number(chunk, index),
            size=blob.size,
            url=self._url(blob.name),
            files=self._files(blob) if writes_files else (),
        )

    def _files(self, blob: BlobInfo) -> tuple[ScoredFile, ...]:
        record = MiniBatchRecord.decode(self._blobs.read(SYSTEM_CONTAINER, blob.name))
        return tuple(ScoredFile(file.name, self._url(file.blob)) for file in record.written)

    def _url(self, name: str) -> str:
        return self._blobs.download_url(SYSTEM_CONTAINER, name, self._lifetime)


def check_records(job: Job) -> None:
    """Raises ConflictError if what a job had scored was removed."""
    if job.records is not Kept.KEPT:
        raise ConflictError(
            f"what the job '{job.name}' had scored was removed, as it ended long ago",
            code="RecordsRemoved",
        )


def _read_chunk(continuation: str | None) -> int:
    if continuation is None:
        return 0
    if not (continuation.isascii() and continuation.isdecimal() and len(continuation) <= 6):
        raise InvalidError("is none of an earlier answer", target="continuation")
    return int(continuation)
