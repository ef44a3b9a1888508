"""Records of mini-batches in storage.

A record is one row of the table of records, created once: whichever attempt inserts it decides the
mini-batch. The rows of a segment of the plan are one partition, so that one query reads them and
no partition grows with the job. A record that is too large for a row lies in a blob of its own,
written before the row that leads to it. Jobs of earlier versions have theirs in blobs alone
(`blob_records.py`).
"""

from typing import Protocol
from uuid import uuid4

from shared.errors import ConflictError
from shared.jobs.blob_names import record_blob
from shared.jobs.model import Job, RecordStorage
from shared.jobs.plan import mini_batch_number, place_of
from shared.jobs.records import (
    MiniBatchRecord,
    RecordCounts,
    encode_counts,
    read_counts,
)
from shared.results.blob_records import BlobRecords
from shared.results.stored_record import StoredRecord
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import (
    BlobStore,
    Entity,
    Operation,
    OperationKind,
    Query,
    Scalar,
    TableStore,
)

TABLE = "records"
# A row holds 64 KiB of it at most, and grows by a third on its way; larger ones are better blobs.
ROW_BYTES = 32 * 1024


class RecordStore(Protocol):
    """Keeps the records of mini-batches, by the name of their job and their number in it."""

    def add(self, job: str, number: int, record: MiniBatchRecord) -> bool:
        """Stores a record; False if the mini-batch has one."""
        ...

    def find(self, job: str, number: int) -> MiniBatchRecord | None:
        """Reads a record, None if there is none."""
        ...

    def read(self, job: str, first: int, size: int) -> dict[int, MiniBatchRecord]:
        """Reads the records of some mini-batches of one segment, by their numbers in order."""
        ...

    def counts(self, job: str, segment: int) -> dict[int, RecordCounts]:
        """Reads the counts of a segment's records, by their numbers in order."""
        ...

    def listed(self, job: str, segment: int) -> list[StoredRecord]:
        """Reads the records of a segment in order, without those that are blobs."""
        ...

    def delete(self, job: str, number: int) -> None:
        """Deletes a record; one that does not exist is fine."""
        ...


class RecordRepository:
    """Owner of all queries on records."""

    def __init__(self, tables: TableStore, blobs: BlobStore) -> None:
        self._tables = tables
        self._kinds: dict[RecordStorage, RecordStore] = {
            RecordStorage.TABLE: TableRecords(tables, blobs),
            RecordStorage.BLOBS: BlobRecords(blobs),
        }

    def of(self, job: Job) -> RecordStore:
        """Returns where the records of a job are."""
        return self._kinds[job.records_in]

    def remove_rows(self, job: Job, segment: int) -> int:
        """Deletes all rows of a segment; returns how many there were."""
        query = Query(_partition(job.name, segment), select=())
        rows = list(self._tables.query(TABLE, query))
        if rows:
            deletions = [Operation(OperationKind.DELETE, row) for row in rows]
            self._tables.transact(TABLE, deletions)
        return len(rows)


class TableRecords:
    """Records in rows of a table, large ones in blobs."""

    def __init__(self, tables: TableStore, blobs: BlobStore) -> None:
        self._tables = tables
        self._blobs = blobs

    def add(self, job: str, number: int, record: MiniBatchRecord) -> bool:
        """Stores a record; False if the mini-batch has one."""
        data = record.encode()
        fields: dict[str, Scalar] = {"counts": encode_counts(record.counts), "size": len(data)}
        if len(data) <= ROW_BYTES:
            fields["record"] = data
        else:
            fields["blob"] = record_blob(job, number, uuid4().hex[:12])
            self._blobs.write(SYSTEM_CONTAINER, str(fields["blob"]), data)
        segment, index = place_of(number)
        try:
            self._tables.insert(TABLE, Entity(_partition(job, segment), _row(index), fields))
        except ConflictError:
            if "blob" in fields:
                self._blobs.delete(SYSTEM_CONTAINER, str(fields["blob"]))
            return False
        return True

    def find(self, job: str, number: int) -> MiniBatchRecord | None:
        """Reads a record, None if there is none."""
        segment, index = place_of(number)
        entity = self._tables.get(TABLE, _partition(job, segment), _row(index))
        return None if entity is None else self._record(entity)

    def read(self, job: str, first: int, size: int) -> dict[int, MiniBatchRecord]:
        """Reads the records of some mini-batches of one segment, by their numbers in order."""
        segment, index = place_of(first)
        query = Query(_partition(job, segment), row_from=_row(index), row_before=_row(index + size))
        return {
            mini_batch_number(segment, int(entity.row)): self._record(entity)
            for entity in self._tables.query(TABLE, query)
        }

    def counts(self, job: str, segment: int) -> dict[int, RecordCounts]:
        """Reads the counts of a segment's records, by their numbers in order."""
        query = Query(_partition(job, segment), select=("counts",))
        return {
            mini_batch_number(segment, int(entity.row)): read_counts(str(entity.data["counts"]))
            for entity in self._tables.query(TABLE, query)
        }

    def listed(self, job: str, segment: int) -> list[StoredRecord]:
        """Reads the records of a segment in order, without those that are blobs."""
        query = Query(_partition(job, segment))
        return [_stored(segment, entity) for entity in self._tables.query(TABLE, query)]

    def delete(self, job: str, number: int) -> None:
        """Deletes a record; one that does not exist is fine."""
        segment, index = place_of(number)
        # Its blob, if it has one, goes with the job's other blobs.
        self._tables.delete(TABLE, _partition(job, segment), _row(index))

    def _record(self, entity: Entity) -> MiniBatchRecord:
        data = entity.data.get("record")
        if not isinstance(data, bytes):
            data = self._blobs.read(SYSTEM_CONTAINER, str(entity.data["blob"]))
        return MiniBatchRecord.decode(data)


def _partition(job: str, segment: int) -> str:
    # No name of a job has a colon in it.
    return f"{job}:{segment:06d}"


def _row(index: int) -> str:
    return f"{index:03d}"


def _stored(segment: int, entity: Entity) -> StoredRecord:
    number = mini_batch_number(segment, int(entity.row))
    data, blob = entity.data.get("record", b""), entity.data.get("blob")
    size = int(str(entity.data["size"]))
    if blob is not None:
        return StoredRecord(number, size, blob=str(blob))
    return StoredRecord(number, size, data=data if isinstance(data, bytes) else b"")
