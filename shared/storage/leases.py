"""A lease that lets one instance at a time do something, with a note for the next one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import PreconditionError
from shared.storage.optimistic import LOST, put
from shared.storage.ports import Entity, TableStore

TABLE = "jobs"
LEASES = "lease"


@dataclass(frozen=True)
class Lease:
    """A lease that this process has: its name, the note that it found, and its version."""

    name: str
    note: str
    etag: str


class LeaseRepository:
    """Gives leases; one that its holder did not give back ends by itself."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def take(self, name: str, now: datetime, duration: timedelta) -> Lease | None:
        """Takes a lease, None if somebody else has it."""
        found = self._tables.get(TABLE, LEASES, name)
        note = "" if found is None else str(found.data["note"])
        until = None if found is None else found.data["until"]
        if isinstance(until, datetime) and until > now:
            return None
        data = {"note": note, "until": now + duration}
        try:
            etag = found.etag if found else ""
            stored = put(self._tables, TABLE, Entity(LEASES, name, data, etag))
        except LOST:
            return None
        return Lease(name, note, stored.etag)

    def give_back(self, lease: Lease, now: datetime, note: str) -> None:
        """Gives a lease back with a note, unless it has ended and somebody else has it."""
        data = {"note": note, "until": now}
        try:
            self._tables.replace(TABLE, Entity(LEASES, lease.name, data, lease.etag))
        except PreconditionError:
            return
