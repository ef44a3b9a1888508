"""Stores the time at which the watchdog last looked after jobs."""

from datetime import datetime

from shared.jobs.row_keys import TABLE
from shared.storage.leases import LEASES
from shared.storage.ports import Entity, TableStore

_ROW = "watchdog"


class WatchdogRepository:
    """Owner of the query on the watchdog's last look."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def last_look(self) -> datetime | None:
        """Returns when it looked last; None if it never did."""
        entity = self._tables.get(TABLE, LEASES, _ROW)
        at = None if entity is None else entity.data["at"]
        return at if isinstance(at, datetime) else None

    def note_look(self, at: datetime) -> None:
        """Notes that it looks."""
        self._tables.upsert(TABLE, Entity(LEASES, _ROW, {"at": at}))
