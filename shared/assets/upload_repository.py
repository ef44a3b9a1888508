"""Stores in Table Storage when uploads were last asked for, and which are being removed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import PreconditionError, StorageError
from shared.storage.optimistic import LOST, put, update
from shared.storage.ports import Entity, Query, Scalar, TableStore

TABLE = "uploads"
UPLOADS = "upload"
REMOVAL_ENDS = timedelta(minutes=10)
"""After that time nobody removes anything under a mark: more than a removal may take, by far."""


@dataclass(frozen=True)
class StoredUpload:
    """An upload and the version of what is known of it.

    Attributes:
        used_at: When upload URLs of it were asked for last.
        removing_at: When its removal began; None where nobody removes it.
    """

    upload_id: str
    used_at: datetime
    removing_at: datetime | None = None
    etag: str = ""


class UploadRepository:
    """Owner of all queries on uploads."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def use(self, upload_id: str, now: datetime) -> None:
        """Notes that somebody wants an upload, so that it is kept for another while.

        Raises:
            StorageError: It is just being removed; soon it can be uploaded again.
        """

        def change(found: Entity | None) -> StoredUpload:
            stored = None if found is None else _read(found)
            if stored and stored.removing_at and now - stored.removing_at < REMOVAL_ENDS:
                raise StorageError(
                    f"the upload '{upload_id}', which nothing used for long, is just being "
                    "removed; try again in ten minutes",
                    code="UploadBeingRemoved",
                )
            return StoredUpload(upload_id, now, etag=stored.etag if stored else "")

        update(
            lambda: self._tables.get(TABLE, UPLOADS, upload_id),
            change,
            lambda _, upload: put(self._tables, TABLE, _entity(upload)),
            busy=StorageError(f"the upload '{upload_id}' is asked for by too many at once"),
        )

    def all(self) -> Iterator[StoredUpload]:
        """Reads all uploads that were ever asked for and are not removed."""
        for entity in self._tables.query(TABLE, Query(partition=UPLOADS)):
            yield _read(entity)

    def start_removal(self, stored: StoredUpload, now: datetime) -> StoredUpload | None:
        """Marks an upload as being removed; None if somebody wanted it meanwhile."""
        return self._put(StoredUpload(stored.upload_id, stored.used_at, now, stored.etag))

    def stop_removal(self, stored: StoredUpload) -> None:
        """Takes the mark back, if it is still there."""
        self._put(StoredUpload(stored.upload_id, stored.used_at, etag=stored.etag))

    def forget(self, stored: StoredUpload) -> None:
        """Removes what is known of an upload, unless somebody wanted it meanwhile."""
        try:
            self._tables.delete(TABLE, UPLOADS, stored.upload_id, stored.etag)
        except PreconditionError:
            return

    def _put(self, upload: StoredUpload) -> StoredUpload | None:
        """Stores what is known; None if somebody else was faster."""
        try:
            return _read(put(self._tables, TABLE, _entity(upload)))
        except LOST:
            return None


def _entity(upload: StoredUpload) -> Entity:
    data: dict[str, Scalar] = {"used_at": upload.used_at}
    if upload.removing_at is not None:
        data["removing_at"] = upload.removing_at
    return Entity(UPLOADS, upload.upload_id, data, upload.etag)


def _read(entity: Entity) -> StoredUpload:
    used, removing = entity.data["used_at"], entity.data.get("removing_at")
    assert isinstance(used, datetime)  # noqa: S101 - `_entity` writes nothing else
    since = removing if isinstance(removing, datetime) else None
    return StoredUpload(entity.row, used, since, entity.etag)
