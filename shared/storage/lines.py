"""The lines of jobs before computes, in Table Storage: one entity each, replaced by its etag."""

from collections.abc import Callable

from shared.domain.admission import Line
from shared.errors import ConflictError, PreconditionError
from shared.storage.codec import decode, encode
from shared.storage.ports import Entity, TableStore

TABLE = "jobs"
LINES = "line"
ATTEMPTS = 50


class LineRepository:
    """Owner of all queries on lines."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def get(self, compute: str) -> Line:
        """Reads the line of a compute, empty if nobody ever waited."""
        entity = self._tables.get(TABLE, LINES, compute)
        return Line() if entity is None else decode(str(entity.data["document"]), Line)

    def change(self, compute: str, change: Callable[[Line], Line]) -> Line:
        """Applies a change to the newest line, again where somebody else was faster.

        Raises:
            PreconditionError: Too many change it at once; worth a retry.
            TooLargeError: More jobs wait than can be stored.
        """
        for _ in range(ATTEMPTS):
            entity = self._tables.get(TABLE, LINES, compute)
            line = Line() if entity is None else decode(str(entity.data["document"]), Line)
            changed = change(line)
            if changed == line:
                return line
            try:
                self._store(compute, changed, entity)
            except (ConflictError, PreconditionError):
                continue
            return changed
        raise PreconditionError(f"the line of the compute '{compute}' is changed by too many")

    def _store(self, compute: str, line: Line, stored: Entity | None) -> None:
        data = {"document": encode(line)}
        if stored is None:
            self._tables.insert(TABLE, Entity(LINES, compute, data))
        else:
            self._tables.replace(TABLE, Entity(LINES, compute, data, stored.etag))
