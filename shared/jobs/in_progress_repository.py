"""Stores the mini-batches in progress: one row for each process that works on a job."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from shared.storage.ports import Entity, Query, TableStore

TABLE = "jobs"
IN_PROGRESS_ROW = "underway:"


class InProgressRepository:
    """Owner of all queries on what is under way."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def note(self, job: str, run: int, process: str, numbers: Sequence[int], at: datetime) -> None:
        """Notes all mini-batches of a run that a process is scoring."""
        data = {"at": at, "mini_batches": json.dumps(list(numbers))}
        self._tables.upsert(TABLE, Entity(job, _row(run, process), data))

    def forget(self, job: str, run: int, process: str) -> None:
        """Forgets what a process was scoring."""
        self._tables.delete(TABLE, job, _row(run, process))

    def read(self, job: str, run: int, since: datetime) -> Iterator[int]:
        """Reads the numbers of a run's mini-batches that somebody noted since a time."""
        start = _row(run, "")
        query = Query(partition=job, row_from=start, row_before=f"{start}~")
        for entity in self._tables.query(TABLE, query):
            at = entity.data["at"]
            if isinstance(at, datetime) and at >= since:
                yield from json.loads(str(entity.data["mini_batches"]))


def _row(run: int, process: str) -> str:
    return f"{IN_PROGRESS_ROW}{run:06d}-{process}"
