"""Schedules in Table Storage: one entity each, below its endpoint, replaced by its etag."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.errors import PreconditionError
from shared.schedules.model import Schedule, ScheduleState
from shared.storage.codec import decode, encode
from shared.storage.ports import Entity, Query, Scalar, TableStore

TABLE = "schedules"
ROW = "schedule:"
ROWS_END = "schedule;"


@dataclass(frozen=True)
class StoredSchedule:
    """A schedule, how far it has come, and the version that was read."""

    schedule: Schedule
    state: ScheduleState
    etag: str

    @property
    def endpoint_made(self) -> datetime:
        """Returns when the endpoint was created that the schedule was made for."""
        return self.schedule.endpoint_made


class ScheduleRepository:
    """Owner of all queries on schedules."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def create(self, schedule: Schedule, state: ScheduleState) -> StoredSchedule:
        """Stores a new schedule.

        Raises:
            ConflictError: Its endpoint has one of that name.
        """
        stored = self._tables.insert(TABLE, _entity(schedule, state))
        return StoredSchedule(schedule, state, stored.etag)

    def replace(
        self, stored: StoredSchedule, schedule: Schedule, state: ScheduleState
    ) -> StoredSchedule:
        """Stores a changed schedule or state, if nobody changed either meanwhile.

        Raises:
            PreconditionError: Somebody did, or has deleted the schedule.
        """
        try:
            entity = self._tables.replace(TABLE, _entity(schedule, state, stored.etag))
        except PreconditionError as error:
            raise PreconditionError(
                f"the schedule '{schedule.name}' was changed or deleted by someone else in the "
                "meantime; look at it again and repeat the change"
            ) from error
        return StoredSchedule(schedule, state, entity.etag)

    def find(self, endpoint: str, name: str) -> StoredSchedule | None:
        """Reads a schedule, None if the endpoint has none of that name."""
        entity = self._tables.get(TABLE, endpoint.lower(), _row(name))
        return None if entity is None else _stored(entity)

    def list(
        self, endpoint: str, *, limit: int, continuation: str | None
    ) -> tuple[list[StoredSchedule], str | None]:
        """Lists an endpoint's schedules by name, and where the next page starts."""
        query = Query(partition=endpoint.lower(), row_from=ROW, row_before=ROWS_END)
        page = self._tables.query_page(TABLE, query, limit=limit, continuation=continuation)
        return [_stored(entity) for entity in page.entities], page.continuation

    def all(self) -> Iterator[StoredSchedule]:
        """Reads all schedules of all endpoints."""
        for entity in self._tables.query(TABLE, Query(row_from=ROW, row_before=ROWS_END)):
            yield _stored(entity)

    def waiting(self) -> Iterator[StoredSchedule]:
        """Reads all schedules that have, or will have, something to do."""
        query = Query(row_from=ROW, row_before=ROWS_END, where={"waiting": True})
        for entity in self._tables.query(TABLE, query):
            yield _stored(entity)

    def delete(self, stored: StoredSchedule) -> None:
        """Deletes a schedule, whatever became of it since; one that is gone is fine."""
        schedule = stored.schedule
        self._tables.delete(TABLE, schedule.endpoint_name.lower(), _row(schedule.name))

    def delete_all(self, endpoint: str) -> None:
        """Deletes all schedules of an endpoint."""
        query = Query(partition=endpoint.lower(), row_from=ROW, row_before=ROWS_END)
        for entity in list(self._tables.query(TABLE, query)):
            self._tables.delete(TABLE, entity.partition, entity.row)


def _row(name: str) -> str:
    return f"{ROW}{name.lower()}"


def _entity(schedule: Schedule, state: ScheduleState, etag: str = "") -> Entity:
    data: dict[str, Scalar] = {
        "waiting": state.is_waiting,
        "document": encode(schedule),
        "state": encode(state),
    }
    return Entity(schedule.endpoint_name.lower(), _row(schedule.name), data, etag)


def _stored(entity: Entity) -> StoredSchedule:
    return StoredSchedule(
        decode(str(entity.data["document"]), Schedule),
        decode(str(entity.data["state"]), ScheduleState),
        entity.etag,
    )
