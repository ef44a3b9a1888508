"""A `TableStore` on Azure Table Storage, and on Azurite."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

import requests
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.errors import NotFoundError, PreconditionError
from shared.storage.azure.errors import error_code, failed_step, translated
from shared.storage.azure.quick_inserts import QuickInserts
from shared.storage.azure.table_codec import decode_entity, encode_entity, encode_query, etag_of
from shared.storage.continuation import decode_continuation, encode_continuation
from shared.storage.pagination import query_all
from shared.storage.ports import Entity, EntityPage, Operation, OperationKind, Query
from shared.storage.table_rules import (
    MAX_PAGE,
    check_etag,
    check_keys,
    check_limit,
    check_table,
    checked,
    checked_operations,
)

T = TypeVar("T")

_ETAG = re.compile(r"""W/"datetime'[^"']+'\"""")
_METHODS = {
    OperationKind.INSERT: "create",
    OperationKind.REPLACE: "update",
    OperationKind.UPSERT: "upsert",
    OperationKind.DELETE: "delete",
}


class AzureTableStore:
    """Tables of one storage account whose names start with a prefix of ours.

    It makes one attempt at each request; a write whose answer was lost may have happened.
    """

    def __init__(
        self,
        session: requests.Session,
        open_client: Callable[[str], TableClient],
        prefix: str,
        quick: QuickInserts | None = None,
    ) -> None:
        """Takes how to open a table of a name; makes no request.

        Args:
            session: The connections, which are closed with the store.
            open_client: Makes the client of a table, given its full name.
            prefix: What the account's tables of ours start with.
            quick: Inserts entities in the place of the SDK, where it can.
        """
        self._session = session
        self._open_client = open_client
        self._prefix = prefix
        self._quick = quick
        self._clients: dict[str, TableClient] = {}

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        """Reads one entity, None if it does not exist."""
        check_keys(partition, row)
        try:
            return decode_entity(self._client(table).get_entity(partition, row))
        except ResourceNotFoundError:
            return None
        except AzureError as error:
            raise translated(error, _subject(table, row)) from error

    def insert(self, table: str, entity: Entity) -> Entity:
        """Stores a new entity and returns it with its etag."""
        if self._quick is not None:
            check_table(table)
            entity = checked(entity)
            etag = self._insert_quickly(self._quick, table, entity)
            if etag is not None:
                return replace(entity, etag=etag)
        return self._store(table, entity, lambda client, body: client.create_entity(body))

    def _insert_quickly(self, quick: QuickInserts, table: str, entity: Entity) -> str | None:
        subject = _subject(table, entity.row)
        try:
            return quick.insert(self._prefix + table, entity, subject)
        except NotFoundError:
            try:
                self._create_table(table)
            except AzureError as error:
                raise translated(error, subject) from error
        return quick.insert(self._prefix + table, entity, subject)

    def replace(self, table: str, entity: Entity) -> Entity:
        """Stores the entity if its etag still holds, and returns it with its new etag."""
        condition = _condition(entity)
        return self._store(
            table,
            entity,
            lambda client, body: client.update_entity(body, mode=UpdateMode.REPLACE, **condition),
        )

    def upsert(self, table: str, entity: Entity) -> Entity:
        """Stores the entity whether it exists or not, and returns it with its etag."""
        return self._store(
            table,
            entity,
            lambda client, body: client.upsert_entity(body, mode=UpdateMode.REPLACE),
        )

    def delete(self, table: str, partition: str, row: str, etag: str | None = None) -> None:
        """Deletes an entity; one that does not exist is fine when no etag is given."""
        check_keys(partition, row)
        if etag is not None:
            # The SDK's delete_entity keeps quiet about an entity that vanished; this does not.
            entity = Entity(partition, row, etag=etag)
            self.transact(table, [Operation(OperationKind.DELETE, entity)])
            return
        try:
            self._client(table).delete_entity(partition, row)
        except AzureError as error:
            raise translated(error, _subject(table, row)) from error

    def query(self, table: str, query: Query) -> Iterator[Entity]:
        """Reads all entities that the query names, page by page as they are consumed."""
        return query_all(self, table, query)

    def query_page(
        self, table: str, query: Query, *, limit: int, continuation: str | None = None
    ) -> EntityPage:
        """Reads at most `limit` (1 to 1,000) entities; the continuation is safe in a URL."""
        check_limit(limit, MAX_PAGE)
        found: list[Entity] = []
        while True:
            # The service may end a page early, even empty, where partitions or servers meet.
            room = limit - len(found)
            entities, continuation = self._read_page(table, query, room, continuation)
            found += entities
            if continuation is None or len(found) >= limit:
                return EntityPage(tuple(found), continuation)

    def transact(self, table: str, operations: Sequence[Operation]) -> list[Entity]:
        """Does up to 100 operations on one partition, all or none."""
        steps = checked_operations(operations)
        if not steps:
            return []
        try:
            answers = self._with_table(
                table, lambda client: client.submit_transaction(map(_step, steps))
            )
        except AzureError as error:
            culprit = steps[min(failed_step(error), len(steps) - 1)].entity
            raise translated(error, _subject(table, culprit.row)) from error
        return [
            replace(step.entity, etag=etag_of(answer))
            for step, answer in zip(steps, answers, strict=True)
        ]

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()
        if self._quick is not None:
            self._quick.close()

    def _client(self, table: str) -> TableClient:
        if table not in self._clients:
            check_table(table)
            self._clients[table] = self._open_client(self._prefix + table)
        return self._clients[table]

    def _store(
        self,
        table: str,
        entity: Entity,
        call: Callable[[TableClient, dict[str, Any]], dict[str, Any]],
    ) -> Entity:
        entity = checked(entity)
        body = encode_entity(entity)
        try:
            metadata = self._with_table(table, lambda client: call(client, body))
        except AzureError as error:
            raise translated(error, _subject(table, entity.row)) from error
        return replace(entity, etag=etag_of(metadata))

    def _with_table(self, table: str, call: Callable[[TableClient], T]) -> T:
        client = self._client(table)
        try:
            return call(client)
        except AzureError as error:
            if error_code(error) != "TableNotFound":
                raise
        self._create_table(table)
        return call(client)

    def _create_table(self, table: str) -> None:
        try:
            self._client(table).create_table()
        except ResourceExistsError as error:
            if error_code(error) != "TableAlreadyExists":
                raise

    def _read_page(
        self, table: str, query: Query, limit: int, continuation: str | None
    ) -> tuple[list[Entity], str | None]:
        token = None
        if continuation:
            token = dict(
                zip(("PartitionKey", "RowKey"), decode_continuation(continuation), strict=True)
            )
        # by_page is declared to take text, and takes what it hands out: a mapping.
        pages = cast(
            "Any",
            self._client(table)
            .query_entities(
                encode_query(query) or "", results_per_page=limit, select=_select(query)
            )
            .by_page(cast("Any", token)),
        )
        try:
            entities = [decode_entity(cast("TableEntity", stored)) for stored in next(pages, ())]
        except ResourceNotFoundError:
            return [], None
        except AzureError as error:
            raise translated(error, f"Table {table!r}") from error
        following = pages.continuation_token
        if not following:
            return entities, None
        return entities, encode_continuation(following["PartitionKey"], following.get("RowKey"))


def _select(query: Query) -> list[str] | None:
    return None if query.select is None else ["PartitionKey", "RowKey", *query.select]


def _subject(table: str, row: str) -> str:
    return f"{row[:80]!r} of table {table!r}"


def _condition(entity: Entity) -> dict[str, Any]:
    check_etag(entity)
    if not _ETAG.fullmatch(entity.etag):
        raise PreconditionError(f"{entity.row[:80]!r} never had the etag {entity.etag[:80]!r}.")
    return {"etag": entity.etag, "match_condition": MatchConditions.IfNotModified}


def _step(operation: Operation) -> tuple[str, dict[str, Any], dict[str, Any]]:
    options: dict[str, Any] = {}
    if operation.kind in (OperationKind.REPLACE, OperationKind.DELETE):
        options |= _condition(operation.entity)
    if operation.kind in (OperationKind.REPLACE, OperationKind.UPSERT):
        options["mode"] = UpdateMode.REPLACE
    return _METHODS[operation.kind], encode_entity(operation.entity), options
