"""Rules for the values of table entities, checked alike by every `TableStore`.

The limits are those of Azure Table Storage, which answers most breaches with a bare 400:
https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from shared.errors import InvalidError, PreconditionError, TooLargeError
from shared.storage.ports import Entity, Operation, OperationKind, Scalar

MAX_STRING_CHARACTERS = 32_768
MAX_BINARY_BYTES = 65_536
MAX_KEY_CHARACTERS = 512
MAX_PROPERTIES = 252
MAX_ENTITY_BYTES = 1024 * 1024
MAX_OPERATIONS = 100
MAX_PAGE = 1000

_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9]{1,40}")
_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_BAD_IN_KEY = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_RESERVED = frozenset({"PartitionKey", "RowKey", "Timestamp"})


def check_table(table: str) -> None:
    """Raises InvalidError unless `table` is letters and digits, a letter first."""
    if not _TABLE.fullmatch(table):
        raise InvalidError(
            f"{table!r} is not a table name: it takes 2 to 41 letters and digits, a letter first."
        )


def check_keys(partition: str, row: str) -> None:
    """Raises InvalidError unless both can be keys of an entity."""
    for label, key in (("partition", partition), ("row", row)):
        if not key:
            raise InvalidError(f"the {label} key is empty", target=label)
        if bad := _BAD_IN_KEY.search(key):
            raise InvalidError(
                f"the {label} key {key[:80]!r} holds {bad.group()!r}: keys take any text "
                "without '/', '\\', '#', '?' and control characters.",
                target=label,
            )
        if _characters(key, label) > MAX_KEY_CHARACTERS:
            raise InvalidError(
                f"the {label} key {key[:80]!r}… has more than {MAX_KEY_CHARACTERS} characters.",
                target=label,
            )


def checked(entity: Entity) -> Entity:
    """Returns the entity as it can be stored: plain values, datetimes in UTC.

    Raises:
        InvalidError: A key, a property's name or its value cannot be stored.
        TooLargeError: A string or the entity is too large; names the property.
    """
    check_keys(entity.partition, entity.row)
    if len(entity.data) > MAX_PROPERTIES:
        raise TooLargeError(f"an entity holds at most {MAX_PROPERTIES} properties")
    data = plain(entity.data)
    size = 2 * (len(entity.partition) + len(entity.row))
    size += sum(2 * len(name) + _bytes(name, value) for name, value in data.items())
    if size > MAX_ENTITY_BYTES:
        raise TooLargeError(f"the entity {entity.row[:80]!r} is larger than 1 MiB")
    return replace(entity, data=data)


def plain(data: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Returns properties with checked names and values, free of enums and local times."""
    return {_property(name): _plain(name, value) for name, value in data.items()}


def check_etag(entity: Entity) -> None:
    """Raises PreconditionError for an entity that was never read or stored."""
    if not entity.etag:
        raise PreconditionError(f"the entity {entity.row[:80]!r} has no etag to hold it to")


def checked_operations(operations: Sequence[Operation]) -> list[Operation]:
    """Returns the steps of a transaction as they can be stored.

    Raises:
        InvalidError: Too many steps, several partitions, or two steps on one entity.
    """
    if len(operations) > MAX_OPERATIONS:
        raise InvalidError(f"a transaction takes at most {MAX_OPERATIONS} operations")
    if len({operation.entity.partition for operation in operations}) > 1:
        raise InvalidError("a transaction stays in one partition")
    if len({operation.entity.row for operation in operations}) < len(operations):
        raise InvalidError("a transaction touches each entity once")
    for operation in operations:
        if operation.kind in (OperationKind.REPLACE, OperationKind.DELETE):
            check_etag(operation.entity)
    return [replace(operation, entity=checked(operation.entity)) for operation in operations]


def check_limit(limit: int, most: int) -> None:
    """Raises InvalidError unless 1 <= limit <= most."""
    if not 1 <= limit <= most:
        raise InvalidError(f"a page holds 1 to {most:,} items, not {limit}", target="limit")


def _property(name: str) -> str:
    if not _PROPERTY.fullmatch(name) or name in _RESERVED:
        raise InvalidError(f"{name!r} cannot be the name of a property.", target=name)
    return name


def _plain(name: str, value: Scalar) -> Scalar:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InvalidError(f"{name} does not fit in 64 bits: {value}.", target=name)
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidError(f"{name} is a time without a zone: {value}.", target=name)
        return value.astimezone(UTC)
    if isinstance(value, bytes):
        if len(value) > MAX_BINARY_BYTES:
            raise TooLargeError(f"{name} has more than {MAX_BINARY_BYTES:,} bytes.", target=name)
        return value
    if _characters(value, name) > MAX_STRING_CHARACTERS:
        raise TooLargeError(
            f"{name} has more than {MAX_STRING_CHARACTERS:,} characters.", target=name
        )
    return str(value)


def _characters(text: str, target: str) -> int:
    # The service counts UTF-16 units, in which an emoji is two.
    try:
        return len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError as error:
        raise InvalidError(f"{target} holds half of a character.", target=target) from error


def _bytes(name: str, value: Scalar) -> int:
    if isinstance(value, bytes):
        return len(value) + 4
    return 2 * _characters(value, name) + 4 if isinstance(value, str) else 8
