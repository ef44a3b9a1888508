"""The two stores that batchpoint needs, as ports with interchangeable implementations.

`azure_tables.py` and `azure_blobs.py` speak to Azure Storage and to Azurite; `memory_*.py` keep
everything in the process and run the same contract tests. All methods are synchronous and safe
to call from several threads. They raise InvalidError for names and values that cannot be stored,
and StorageError where storage did not answer; a write that raised StorageError may have happened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

Scalar = str | int | float | bool | datetime | bytes


@dataclass(frozen=True)
class Entity:
    """One row of a table.

    Attributes:
        partition: Entities of one partition can be written in one transaction. Like `row`, 1 to 512
            characters without slashes, backslashes, '#', '?' and control characters.
        row: Sorts the entities of a partition; unique within it.
        data: Property name to value; a string holds at most 32,768 characters, bytes at most
            65,536, an integer 64 bits, and datetimes are timezone-aware.
        etag: The version that was read; empty for an entity that was never stored.
    """

    partition: str
    row: str
    data: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    etag: str = ""


class OperationKind(StrEnum):
    """Operation of a transaction on one entity."""

    INSERT = "insert"
    REPLACE = "replace"
    UPSERT = "upsert"
    DELETE = "delete"


@dataclass(frozen=True)
class Operation:
    """One step of a transaction; REPLACE and DELETE hold only if the entity's etag still does."""

    kind: OperationKind
    entity: Entity


@dataclass(frozen=True)
class EntityPage:
    """Some entities in order, and where the next ones start (None: there are no more)."""

    entities: tuple[Entity, ...]
    continuation: str | None = None


@dataclass(frozen=True)
class Query:
    """Query for entities of a table, ordered by partition and row.

    Attributes:
        partition: Only this partition; None reads all of them.
        row_from: Only rows at or after this one.
        row_before: Only rows before this one.
        where: Only entities whose properties equal these values.
        select: Only these properties of each entity; None reads all of them.
    """

    partition: str | None = None
    row_from: str | None = None
    row_before: str | None = None
    where: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])
    select: tuple[str, ...] | None = None


class TableStore(Protocol):
    """Named tables of entities with optimistic concurrency. Missing tables are made when needed."""

    def get(self, table: str, partition: str, row: str) -> Entity | None:
        """Reads one entity, None if it does not exist."""
        ...

    def insert(self, table: str, entity: Entity) -> Entity:
        """Stores a new entity and returns it with its etag.

        Raises:
            ConflictError: An entity with this partition and row exists.
        """
        ...

    def replace(self, table: str, entity: Entity) -> Entity:
        """Stores the entity if its etag still holds, and returns it with its new etag.

        Raises:
            PreconditionError: The entity changed or vanished since it was read.
        """
        ...

    def upsert(self, table: str, entity: Entity) -> Entity:
        """Stores the entity whether it exists or not, and returns it with its etag."""
        ...

    def delete(self, table: str, partition: str, row: str, etag: str | None = None) -> None:
        """Deletes an entity; one that does not exist is fine when no etag is given.

        Raises:
            PreconditionError: An etag is given and the entity changed or vanished.
        """
        ...

    def query(self, table: str, query: Query) -> Iterator[Entity]:
        """Reads all entities that the query names, page by page as they are consumed."""
        ...

    def query_page(
        self, table: str, query: Query, *, limit: int, continuation: str | None = None
    ) -> EntityPage:
        """Reads at most `limit` (1 to 1,000) entities; the continuation is safe in a URL."""
        ...

    def transact(self, table: str, operations: Sequence[Operation]) -> list[Entity]:
        """Does up to 100 operations on one partition, all or none.

        Returns:
            The entity of each operation, with its new etag unless it was deleted.

        Raises:
            ConflictError: An entity to insert exists.
            PreconditionError: An entity to replace or delete changed or vanished.
        """
        ...


@dataclass(frozen=True)
class BlobInfo:
    """Properties of a blob in a listing; `size` in bytes."""

    name: str
    size: int
    etag: str
    last_modified: datetime


@dataclass(frozen=True)
class BlobPage:
    """Some blobs ordered by name, and the marker of the next ones (None: there are no more)."""

    blobs: tuple[BlobInfo, ...]
    marker: str | None = None


class BlobStore(Protocol):
    """Containers of blobs. Missing containers are made when something is written to them.

    A name has 1 to 1,024 characters without backslashes, control characters, and '.' or '..'
    between slashes.
    """

    def read(self, container: str, name: str) -> bytes:
        """Reads a whole blob.

        Raises:
            NotFoundError: The blob or its container does not exist.
        """
        ...

    def write(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, over an existing one."""
        ...

    def create(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, if there is none of that name.

        Raises:
            ConflictError: The blob exists.
        """
        ...

    def info(self, container: str, name: str) -> BlobInfo | None:
        """Tells about one blob, None if it does not exist (or is only staged)."""
        ...

    def read_range(self, container: str, name: str, start: int, length: int) -> bytes:
        """Reads part of a blob; less than `length` bytes where the blob ends before.

        Raises:
            NotFoundError: The blob or its container does not exist.
        """
        ...

    def read_version(self, container: str, name: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of a blob as `read_range` does, if it is still the version that was listed.

        Raises:
            PreconditionError: It has changed, or is not there any more.
        """
        ...

    def metadata(self, container: str, name: str) -> Mapping[str, str] | None:
        """Reads a blob's metadata, None if the blob does not exist."""
        ...

    def list_page(
        self, container: str, prefix: str, *, marker: str | None = None, limit: int = 5000
    ) -> BlobPage:
        """Lists blobs whose names start with `prefix`, in order; no container lists as empty."""
        ...

    def stage_block(self, container: str, name: str, block_id: str, data: bytes) -> None:
        """Stages one block (1 byte to 4,000 MiB); invisible until committed.

        Args:
            container: The container of the blob.
            name: The blob to be.
            block_id: ASCII, at most 64 bytes, of equal length for all blocks of a blob.
            data: The bytes of the block.
        """
        ...

    def commit_blocks(
        self,
        container: str,
        name: str,
        block_ids: Sequence[str],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Makes the blob of its staged blocks, in this order, if there is none of that name.

        Without any block the blob is empty.

        Raises:
            ConflictError: The blob exists.
            NotFoundError: A block was never staged.
        """
        ...

    def delete(self, container: str, name: str) -> None:
        """Deletes a blob; one that does not exist is fine."""
        ...

    def upload_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder create this one blob for a while."""
        ...

    def download_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder read this one blob for a while."""
        ...
