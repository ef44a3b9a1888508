"""A `TableStore` that lives in the process: for tests, with the semantics of the real one."""

import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.errors import ConflictError, PreconditionError
from shared.storage.continuation import decode_continuation, encode_continuation
from shared.storage.pagination import query_all
from shared.storage.ports import Entity, EntityPage, Operation, OperationKind, Query, Scalar
from shared.storage.table_rules import (
    MAX_PAGE,
    check_etag,
    check_keys,
    check_limit,
    check_table,
    checked,
    checked_operations,
    plain,
)


class MemoryTableStore:
    """Tables in dictionaries under one lock."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[tuple[str, str], Entity]] = {}
        self._lock = threading.Lock()
        self._versions = itertools.count(1)

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        """Reads one entity, None if it does not exist."""
        check_keys(partition, row)
        with self._lock:
            return self._rows(table).get((partition, row))

    def insert(self, table: str, entity: Entity) -> Entity:
        """Stores a new entity and returns it with its etag."""
        return self._do(table, [Operation(OperationKind.INSERT, checked(entity))])[0]

    def replace(self, table: str, entity: Entity) -> Entity:
        """Stores the entity if its etag still holds, and returns it with its new etag."""
        check_etag(entity)
        return self._do(table, [Operation(OperationKind.REPLACE, checked(entity))])[0]

    def upsert(self, table: str, entity: Entity) -> Entity:
        """Stores the entity whether it exists or not, and returns it with its etag."""
        return self._do(table, [Operation(OperationKind.UPSERT, checked(entity))])[0]

    def delete(self, table: str, partition: str, row: str, etag: str | None = None) -> None:
        """Deletes an entity; one that does not exist is fine when no etag is given."""
        check_keys(partition, row)
        if etag is not None:
            entity = Entity(partition, row, etag=etag)
            self._do(table, [Operation(OperationKind.DELETE, entity)])
            return
        with self._lock:
            self._rows(table).pop((partition, row), None)

    def query(self, table: str, query: Query) -> Iterator[Entity]:
        """Reads all entities that the query names, page by page as they are consumed."""
        return query_all(self, table, query)

    def query_page(
        self, table: str, query: Query, *, limit: int, continuation: str | None = None
    ) -> EntityPage:
        """Reads at most `limit` (1 to 1,000) entities; the continuation is safe in a URL."""
        check_limit(limit, MAX_PAGE)
        start = decode_continuation(continuation) if continuation else ("", None)
        where = plain(query.where)
        with self._lock:
            rows = sorted(self._rows(table).items())
        found = [
            _selected(entity, query.select)
            for key, entity in rows
            if key >= (start[0], start[1] or "") and _matches(entity, query, where)
        ]
        if len(found) <= limit:
            return EntityPage(tuple(found))
        following = found[limit]
        return EntityPage(
            tuple(found[:limit]), encode_continuation(following.partition, following.row)
        )

    def transact(self, table: str, operations: Sequence[Operation]) -> list[Entity]:
        """Does up to 100 operations on one partition, all or none."""
        return self._do(table, checked_operations(operations))

    def _do(self, table: str, operations: Sequence[Operation]) -> list[Entity]:
        with self._lock:
            rows = self._rows(table)
            for operation in operations:
                _check(operation, rows.get(_key(operation.entity)))
            return [self._apply(operation, rows) for operation in operations]

    def _apply(self, operation: Operation, rows: dict[tuple[str, str], Entity]) -> Entity:
        key = _key(operation.entity)
        if operation.kind is OperationKind.DELETE:
            return rows.pop(key)
        rows[key] = replace(operation.entity, etag=f'W/"{next(self._versions)}"')
        return rows[key]

    def _rows(self, table: str) -> dict[tuple[str, str], Entity]:
        check_table(table)
        return self._tables.setdefault(table, {})


def _key(entity: Entity) -> tuple[str, str]:
    return entity.partition, entity.row


def _check(operation: Operation, stored: Entity | None) -> None:
    name = operation.entity.row[:80]
    if operation.kind is OperationKind.INSERT and stored is not None:
        raise ConflictError(f"{name!r} already exists.")
    if operation.kind in (OperationKind.REPLACE, OperationKind.DELETE) and (
        stored is None or stored.etag != operation.entity.etag
    ):
        raise PreconditionError(f"{name!r} changed or vanished since it was read.")


def _selected(entity: Entity, names: tuple[str, ...] | None) -> Entity:
    if names is None:
        return entity
    return replace(entity, data={name: entity.data[name] for name in names if name in entity.data})


def _matches(entity: Entity, query: Query, where: dict[str, Scalar]) -> bool:
    return (
        (query.partition is None or entity.partition == query.partition)
        and (query.row_from is None or entity.row >= query.row_from)
        and (query.row_before is None or entity.row < query.row_before)
        and all(_equals(entity.data.get(name), value) for name, value in where.items())
    )


def _equals(stored: Scalar | None, wanted: Scalar) -> bool:
    # Python holds True, 1 and 1.0 to be equal; tables do not.
    return type(stored) is type(wanted) and stored == wanted
