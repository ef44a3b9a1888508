"""The lines of jobs before computes, in Table Storage: one entity each, replaced by its etag.

A line is written compactly and cut over several properties, as one of them holds 32,768 characters.
So an entity holds some 10,000 jobs; before it is full, no more are taken.
"""

import json
from collections.abc import Callable, Iterator

from shared.errors import PreconditionError
from shared.running.compute_queue import ComputeQueue, Place
from shared.storage.optimistic import put, update
from shared.storage.ports import Entity, Query, TableStore

TABLE = "jobs"
LINES = "line"
ATTEMPTS = 50
PART_CHARACTERS = 32_000
# An entity holds 1 MiB, and each character takes two bytes; those who come at the same time need
# room too.
FULL_CHARACTERS = 400_000


class ComputeQueueRepository:
    """Owner of all queries on lines."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def get(self, compute: str) -> ComputeQueue:
        """Reads the line of a compute, empty if nobody ever waited."""
        return _line(self._tables.get(TABLE, LINES, compute))

    def is_full(self, compute: str) -> bool:
        """True if no more jobs should join a line."""
        return len(_text(self.get(compute))) > FULL_CHARACTERS

    def all(self) -> Iterator[tuple[str, ComputeQueue]]:
        """Reads the computes that somebody ever waited for, with their lines."""
        for entity in self._tables.query(TABLE, Query(partition=LINES)):
            yield entity.row, _line(entity)

    def drop_empty(self, compute: str) -> bool:
        """Removes the line of a compute if nobody is in it; tells whether it did."""
        entity = self._tables.get(TABLE, LINES, compute)
        if entity is None or _line(entity).places:
            return False
        try:
            self._tables.delete(TABLE, LINES, compute, entity.etag)
        except PreconditionError:
            return False
        return True

    def change(self, compute: str, change: Callable[[ComputeQueue], ComputeQueue]) -> ComputeQueue:
        """Applies a change to the newest line, again where somebody else was faster.

        Raises:
            PreconditionError: Too many change it at once; worth a retry.
            TooLargeError: More jobs wait than can be stored.
        """

        def write(stored: Entity | None, line: ComputeQueue) -> ComputeQueue:
            if line != _line(stored):
                put(self._tables, TABLE, _entity(compute, line, stored.etag if stored else ""))
            return line

        return update(
            lambda: self._tables.get(TABLE, LINES, compute),
            lambda stored: change(_line(stored)),
            write,
            busy=PreconditionError(f"the line of the compute '{compute}' is changed by too many"),
            attempts=ATTEMPTS,
        )


def _entity(compute: str, line: ComputeQueue, etag: str) -> Entity:
    text = _text(line)
    starts = range(0, len(text), PART_CHARACTERS)
    data = {f"part{start:07d}": text[start : start + PART_CHARACTERS] for start in starts}
    return Entity(LINES, compute, data, etag)


def _text(line: ComputeQueue) -> str:
    rows = [[place.job, place.instances, int(place.is_admitted)] for place in line.places]
    return json.dumps(rows, separators=(",", ":"))


def _line(entity: Entity | None) -> ComputeQueue:
    if entity is None:
        return ComputeQueue()
    text = "".join(str(entity.data[name]) for name in sorted(entity.data))
    return ComputeQueue(
        tuple(Place(job, count, bool(flag)) for job, count, flag in json.loads(text))
    )
