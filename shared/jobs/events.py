"""Events of jobs, one row for each, in the order of time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from shared.storage.codec import MAX_CHARACTERS
from shared.storage.ports import Entity, Query, TableStore

TABLE = "jobs"
EVENT_ROW = "event:"


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job, in a sentence."""

    at: datetime
    text: str


@dataclass(frozen=True)
class EventPage:
    """Some events in the order of time, and where the next ones start."""

    events: tuple[JobEvent, ...]
    continuation: str | None


class EventRepository:
    """Owner of all queries on events."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def add(self, job: str, event: JobEvent) -> None:
        """Adds an event of a job."""
        microseconds = int(event.at.timestamp() * 1_000_000)
        row = f"{EVENT_ROW}{microseconds:017d}-{uuid4().hex[:8]}"
        self._tables.insert(TABLE, Entity(job, row, {"text": event.text[:MAX_CHARACTERS]}))

    def page(self, job: str, *, limit: int, continuation: str | None) -> EventPage:
        """Reads some events of a job."""
        query = Query(partition=job, row_from=EVENT_ROW, row_before=f"{EVENT_ROW}~")
        page = self._tables.query_page(TABLE, query, limit=limit, continuation=continuation)
        return EventPage(tuple(_read(entity) for entity in page.entities), page.continuation)


def _read(entity: Entity) -> JobEvent:
    microseconds = int(entity.row.removeprefix(EVENT_ROW).partition("-")[0])
    return JobEvent(datetime.fromtimestamp(microseconds / 1_000_000, UTC), str(entity.data["text"]))
