"""Changes what others may change at the same time: reads it, changes it, and writes it by its etag.

A write that comes too late is refused by the etag, and then all three are done again.
"""

from collections.abc import Callable
from typing import TypeVar

from shared.errors import BatchpointError, ConflictError, PreconditionError
from shared.storage.ports import Entity, TableStore

ATTEMPTS = 20
LOST = (ConflictError, PreconditionError)
"""Raised by a write where somebody else was faster, to insert or to replace what is stored."""

Read = TypeVar("Read")
Changed = TypeVar("Changed")
Written = TypeVar("Written")


def update(
    read: Callable[[], Read],
    change: Callable[[Read], Changed],
    write: Callable[[Read, Changed], Written],
    *,
    busy: BatchpointError,
    attempts: int = ATTEMPTS,
) -> Written:
    """Applies a change to the newest version, again where somebody else was faster.

    Args:
        read: Reads the newest version; called once for each attempt, as the others are.
        change: Makes the new version. What it or `read` raises is the caller's: no attempt follows.
        write: Stores the new version if the one that was read is still the newest, and raises
            ConflictError or PreconditionError otherwise. It may leave alone what did not change.
        busy: The error where all attempts were too late.
        attempts: How many times to try in all.

    Returns:
        The answer of `write`.

    Raises:
        BatchpointError: `busy`, or what `read`, `change` or `write` raised.
    """
    for _ in range(attempts):
        stored = read()
        changed = change(stored)
        try:
            return write(stored, changed)
        except LOST:
            continue
    raise busy


def put(tables: TableStore, table: str, entity: Entity) -> Entity:
    """Stores the first version of an entity, or the one after that of its etag.

    Args:
        tables: Where it is stored.
        table: The table's name.
        entity: With the etag that was read; an empty one where nothing was.

    Raises:
        ConflictError: Nothing was read, but something is there.
        PreconditionError: Somebody else has changed or deleted it since.
    """
    return tables.replace(table, entity) if entity.etag else tables.insert(table, entity)
