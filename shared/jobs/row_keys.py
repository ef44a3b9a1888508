"""Row keys of jobs in Table Storage: each name is taken once, and leads to its job's row key."""

import threading
from datetime import datetime

from shared.errors import ConflictError
from shared.jobs.model import Job
from shared.storage.ports import Entity, TableStore

TABLE = "jobs"
NAMES = "name"
REMOVING = "removing"
LAST_MILLISECOND = 9_999_999_999_999
_REMEMBERED = 10_000


def row_start(moment: datetime) -> str:
    """Returns the prefix of the row keys of jobs that were created then; later ones sort first."""
    return f"{LAST_MILLISECOND - int(moment.timestamp() * 1000):013d}"


class JobRows:
    """Owner of the queries on jobs' names.

    What a name leads to is remembered: it is another row only once the job and its entity are gone
    (`old_jobs.py`), so that who finds nothing at a remembered place asks again.
    """

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables
        self._known: dict[str, str] = {}
        self._lock = threading.Lock()

    def take(self, job: Job) -> tuple[str, bool]:
        """Takes a job's name.

        Returns:
            Where a job of that name is to be, and whether nobody has asked before.

        Raises:
            ConflictError: What had that name is being removed.
        """
        row = f"{row_start(job.created_at)}-{job.name}"
        try:
            self._tables.insert(TABLE, Entity(NAMES, job.name, {"row": row}))
        except ConflictError:
            existing = self._tables.get(TABLE, NAMES, job.name)
            if existing is not None and existing.data.get(REMOVING):
                raise
            return row if existing is None else str(existing.data["row"]), False
        return row, True

    def keep(self, name: str, row: str) -> None:
        """Stores where a job is, whatever was known of its name."""
        self._tables.upsert(TABLE, Entity(NAMES, name, {"row": row}))

    def remembered(self, name: str) -> str | None:
        """Returns the row key of a job that was looked up here before."""
        with self._lock:
            return self._known.get(name)

    def look_up(self, name: str) -> str | None:
        """Returns the row key of a job; None if the name is free."""
        entity = self._tables.get(TABLE, NAMES, name)
        row = None if entity is None else str(entity.data["row"])
        with self._lock:
            self._known.pop(name, None)
            if row is not None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[name] = row
        return row
