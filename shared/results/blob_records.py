"""Records of mini-batches of jobs that earlier versions of the app have made: a blob for each."""

from shared.errors import ConflictError, NotFoundError
from shared.jobs.blob_names import record_blob, record_folder
from shared.jobs.plan import mini_batch_number
from shared.jobs.records import (
    COUNTS_LINE_BYTES,
    MiniBatchRecord,
    RecordCounts,
    decode_counts,
)
from shared.results.stored_record import StoredRecord
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.pagination import list_all
from shared.storage.ports import BlobInfo, BlobStore


class BlobRecords:
    """Records in blobs that are created if absent."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def add(self, job: str, number: int, record: MiniBatchRecord) -> bool:
        """Stores a record; False if the mini-batch has one."""
        try:
            self._blobs.create(SYSTEM_CONTAINER, record_blob(job, number), record.encode())
        except ConflictError:
            return False
        return True

    def find(self, job: str, number: int) -> MiniBatchRecord | None:
        """Reads a record, None if there is none."""
        try:
            data = self._blobs.read(SYSTEM_CONTAINER, record_blob(job, number))
        except NotFoundError:
            return None
        return MiniBatchRecord.decode(data)

    def read(self, job: str, first: int, size: int) -> dict[int, MiniBatchRecord]:
        """Reads the records of some mini-batches of one segment, by their numbers in order."""
        found = ((number, self.find(job, number)) for number in range(first, first + size))
        return {number: record for number, record in found if record is not None}

    def counts(self, job: str, segment: int) -> dict[int, RecordCounts]:
        """Reads the counts of a segment's records, by their numbers in order."""
        counts: dict[int, RecordCounts] = {}
        for blob in self._blobs_of(job, segment):
            try:
                line = self._blobs.read_range(SYSTEM_CONTAINER, blob.name, 0, COUNTS_LINE_BYTES)
            except NotFoundError:
                # A resumed run has just thrown it away.
                continue
            counts[_number(segment, blob)] = decode_counts(line)
        return counts

    def listed(self, job: str, segment: int) -> list[StoredRecord]:
        """Lists the records of a segment in order."""
        return [
            StoredRecord(_number(segment, blob), blob.size, blob=blob.name)
            for blob in self._blobs_of(job, segment)
        ]

    def delete(self, job: str, number: int) -> None:
        """Deletes a record; one that does not exist is fine."""
        self._blobs.delete(SYSTEM_CONTAINER, record_blob(job, number))

    def _blobs_of(self, job: str, segment: int) -> list[BlobInfo]:
        return list(list_all(self._blobs, SYSTEM_CONTAINER, record_folder(job, segment)))


def _number(segment: int, blob: BlobInfo) -> int:
    return mini_batch_number(segment, int(blob.name.rsplit("/", 1)[-1]))
