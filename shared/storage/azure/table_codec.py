"""Entities and queries in the words of `azure-data-tables`."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any, cast

from azure.data.tables import EdmType, EntityProperty, TableEntity

from shared.errors import InvalidError
from shared.storage.ports import Entity, Query, Scalar
from shared.storage.table_rules import plain


def encode_entity(entity: Entity) -> dict[str, Any]:
    """Makes what the SDK stores; every integer as Edm.Int64, so that its type never varies."""
    properties = {name: _encode(value) for name, value in entity.data.items()}
    return {"PartitionKey": entity.partition, "RowKey": entity.row, **properties}


def decode_entity(stored: TableEntity) -> Entity:
    """Reads what the SDK read."""
    data = {
        name: _decode(value)
        for name, value in stored.items()
        if name not in ("PartitionKey", "RowKey")
    }
    etag = str(stored.metadata.get("etag") or "")
    return Entity(str(stored["PartitionKey"]), str(stored["RowKey"]), data, etag)


def encode_query(query: Query) -> str | None:
    """Makes an OData filter, None for all entities.

    The SDK's own parameters are of no use here: they write 1 as `true`, and integers without the
    `L` without which they never equal an Edm.Int64.
    """
    terms = [
        f"{name} {operator} {_literal(name, value)}"
        for name, operator, value in (
            ("PartitionKey", "eq", query.partition),
            ("RowKey", "ge", query.row_from),
            ("RowKey", "lt", query.row_before),
        )
        if value is not None
    ]
    terms += [f"{name} eq {_literal(name, value)}" for name, value in plain(query.where).items()]
    return " and ".join(terms) or None


def _encode(value: Scalar) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return EntityProperty(value, EdmType.INT64)
    return value


def _decode(value: object) -> Scalar:
    if isinstance(value, EntityProperty):
        value = cast("object", value.value)
    if isinstance(value, datetime):
        # The SDK's subclass would compare, but neither pickle nor copy as what it is.
        return datetime.combine(value.date(), value.time(), value.tzinfo)
    return cast("Scalar", value)


def _literal(name: str, value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}L"
    if isinstance(value, float):
        if not isfinite(value):
            raise InvalidError(f"{name} cannot be compared with {value}.", target=name)
        return repr(value)
    if isinstance(value, bytes):
        raise InvalidError(f"{name} cannot be compared with bytes.", target=name)
    if isinstance(value, datetime):
        return f"datetime'{value.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}'"
    return "'" + value.replace("'", "''") + "'"


def etag_of(metadata: Mapping[str, Any]) -> str:
    """Reads the etag from what the SDK answers to a write."""
    return str(metadata.get("etag") or "")
