"""A `TableStore` that tries again what failed for the moment, and knows its own writes.

When the answer of a write was lost, the next attempt may find that the write has happened: an
insert meets an entity that is there, a replacement an etag that is gone. If what is stored is what
was to be stored, the write has succeeded, and it does not matter by which attempt.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from shared.errors import ConflictError, PreconditionError
from shared.retry import RetryPolicy
from shared.storage.pagination import query_all
from shared.storage.ports import (
    Entity,
    EntityPage,
    Operation,
    OperationKind,
    Query,
    Scalar,
    TableStore,
)
from shared.storage.table_rules import plain


class RetryingTableStore:
    """Stands before a store that makes one attempt at each request."""

    def __init__(
        self,
        store: TableStore,
        retry_policy: RetryPolicy,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._retry_policy = retry_policy
        self._on_close = on_close

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        """Reads one entity, None if it does not exist."""
        return self._retry_policy.repeat(lambda _: self._store.get(table, partition, row))

    def insert(self, table: str, entity: Entity) -> Entity:
        """Stores a new entity and returns it with its etag."""
        return self._write(table, entity, self._store.insert)

    def replace(self, table: str, entity: Entity) -> Entity:
        """Stores the entity if its etag still holds, and returns it with its new etag."""
        return self._write(table, entity, self._store.replace)

    def upsert(self, table: str, entity: Entity) -> Entity:
        """Stores the entity whether it exists or not, and returns it with its etag."""
        return self._retry_policy.repeat(lambda _: self._store.upsert(table, entity))

    def delete(self, table: str, partition: str, row: str, etag: str | None = None) -> None:
        """Deletes an entity; one that does not exist is fine when no etag is given."""

        def attempt(again: bool) -> None:
            try:
                self._store.delete(table, partition, row, etag)
            except PreconditionError:
                if not again or self.get(table, partition, row) is not None:
                    raise

        self._retry_policy.repeat(attempt)

    def query(self, table: str, query: Query) -> Iterator[Entity]:
        """Reads all entities that the query names, page by page as they are consumed."""
        return query_all(self, table, query)

    def query_page(
        self, table: str, query: Query, *, limit: int, continuation: str | None = None
    ) -> EntityPage:
        """Reads at most `limit` (1 to 1,000) entities; the continuation is safe in a URL."""
        return self._retry_policy.repeat(
            lambda _: self._store.query_page(table, query, limit=limit, continuation=continuation)
        )

    def transact(self, table: str, operations: Sequence[Operation]) -> list[Entity]:
        """Does up to 100 operations on one partition, all or none."""

        def attempt(again: bool) -> list[Entity]:
            try:
                return self._store.transact(table, operations)
            except (ConflictError, PreconditionError):
                if not again or not self._was_done(table, operations):
                    raise
                return [self._as_stored(table, item) for item in operations]

        return self._retry_policy.repeat(attempt)

    def close(self) -> None:
        """Closes the connections of what it stands before."""
        if self._on_close is not None:
            self._on_close()

    def _write(self, table: str, entity: Entity, call: Callable[[str, Entity], Entity]) -> Entity:
        def attempt(again: bool) -> Entity:
            try:
                return call(table, entity)
            except (ConflictError, PreconditionError):
                stored = self._stored(table, entity) if again else None
                if stored is None:
                    raise
                return stored

        return self._retry_policy.repeat(attempt)

    def _stored(self, table: str, entity: Entity) -> Entity | None:
        """The stored entity if it holds what the given one does."""
        found = self.get(table, entity.partition, entity.row)
        return found if found is not None and _same(found.data, entity.data) else None

    def _as_stored(self, table: str, operation: Operation) -> Entity:
        entity = operation.entity
        if operation.kind is OperationKind.DELETE:
            return entity
        return self.get(table, entity.partition, entity.row) or entity

    def _was_done(self, table: str, operations: Sequence[Operation]) -> bool:
        """True if a transaction has happened: what it inserted is there, or all it did holds."""
        inserts = [item.entity for item in operations if item.kind is OperationKind.INSERT]
        if any(self._stored(table, entity) is not None for entity in inserts):
            return True
        return all(self._holds(table, item) for item in operations)

    def _holds(self, table: str, operation: Operation) -> bool:
        entity = operation.entity
        if operation.kind is OperationKind.DELETE:
            return self.get(table, entity.partition, entity.row) is None
        return self._stored(table, entity) is not None


def _same(stored: Mapping[str, Scalar], wanted: Mapping[str, Scalar]) -> bool:
    return dict(stored) == plain(wanted)
