"""Models, environments and data assets in Table Storage.

Each kind has a partition. In it, `head:NAME` has the newest version of each asset, so that one scan
lists the names in order, and `item:NAME:SEQUENCE` has every version, the newest first. Whoever adds
or removes a version also replaces the head, whose etag thereby decides who gets a version.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from shared.assets.model import UNNUMBERED, Asset
from shared.errors import ConflictError, NotFoundError
from shared.storage.codec import decode, encode
from shared.storage.optimistic import update
from shared.storage.ports import Entity, Operation, OperationKind, Query, TableStore

TABLE = "assets"
HEAD_ROW = "head:"
ITEM_ROW = "item:"
AFTER_COLON = ";"
LAST_SEQUENCE = 9_999_999_999
ATTEMPTS = 50
MAX_DIGITS = 12

A = TypeVar("A", bound=Asset)


@dataclass(frozen=True)
class Added(Generic[A]):
    """A version of an asset, and whether it is new or the same content was there before."""

    asset: A
    is_new: bool


@dataclass(frozen=True)
class AssetPage(Generic[A]):
    """Some assets, and where the next ones start."""

    assets: tuple[A, ...]
    continuation: str | None


@dataclass(frozen=True)
class _Head(Generic[A]):
    """State of an asset across its versions.

    Attributes:
        newest: The newest version, None once all of them are deleted.
        sequence: How many versions there have ever been.
        highest: The highest number that a version has ever had; none is given out twice.
        etag: The version of the head that was read, empty for none.
    """

    newest: A | None = None
    sequence: int = 0
    highest: int = 0
    etag: str = ""


class AssetRepository(Generic[A]):
    """Owner of all queries on one kind of asset."""

    def __init__(self, tables: TableStore, kind: type[A]) -> None:
        self._tables = tables
        self._type = kind
        self.kind = kind.kind
        self._partition = kind.kind.name.lower()

    def add(self, asset: A) -> Added[A]:
        """Stores a new version; one without a number gets the one after the highest.

        Raises:
            ConflictError: The version is there with another content.
        """

        def read() -> tuple[_Head[A], Entity | None]:
            head = self._head(asset.name)
            return head, self._find(asset.name, asset.version) if asset.version else None

        def change(found: tuple[_Head[A], Entity | None]) -> Added[A]:
            head, existing = found
            if existing is not None:
                return Added(self._same(decode(_text(existing), self._type), asset), is_new=False)
            if asset.version == UNNUMBERED:
                return Added(replace(asset, version=str(head.highest + 1)), is_new=True)
            return Added(asset, is_new=True)

        def write(found: tuple[_Head[A], Entity | None], added: Added[A]) -> Added[A]:
            if added.is_new:
                self._store(found[0], added.asset)
            return added

        return update(read, change, write, busy=self._busy(asset.name), attempts=ATTEMPTS)

    def get(self, name: str, version: str) -> A:
        """Reads one version.

        Raises:
            NotFoundError: There is none.
        """
        entity = self._find(name, version)
        if entity is None:
            raise self._unknown(name, version)
        return decode(_text(entity), self._type)

    def latest(self, name: str) -> A:
        """Reads the version that was made last.

        Raises:
            NotFoundError: There is no such asset.
        """
        newest = self._head(name).newest
        if newest is None:
            raise self._unknown(name)
        return newest

    def list(self, *, limit: int, continuation: str | None) -> AssetPage[A]:
        """Lists the newest version of each asset by name."""
        query = Query(
            self._partition,
            row_from=HEAD_ROW,
            row_before=f"{HEAD_ROW[:-1]}{AFTER_COLON}",
            where={"live": True},
        )
        return self._page(query, limit, continuation)

    def versions(self, name: str, *, limit: int, continuation: str | None) -> AssetPage[A]:
        """Lists the versions of an asset, the newest first.

        Raises:
            NotFoundError: There is no such asset.
        """
        page = self._page(self._items(name), limit, continuation)
        if not page.assets and continuation is None:
            raise self._unknown(name)
        return page

    def all(self) -> Iterator[A]:
        """Reads every version of every asset."""
        query = Query(
            self._partition, row_from=ITEM_ROW, row_before=f"{ITEM_ROW[:-1]}{AFTER_COLON}"
        )
        for entity in self._tables.query(TABLE, query):
            yield decode(_text(entity), self._type)

    def delete(self, name: str, version: str) -> None:
        """Deletes one version.

        Raises:
            NotFoundError: There is none.
        """

        def read() -> tuple[_Head[A], Entity]:
            head = self._head(name)
            entity = self._find(name, version)
            if entity is None:
                raise self._unknown(name, version)
            return head, entity

        def change(found: tuple[_Head[A], Entity]) -> list[Operation]:
            head, entity = found
            page = self._tables.query_page(TABLE, self._items(name), limit=2)
            left = [item for item in page.entities if item.row != entity.row]
            newest = decode(_text(left[0]), self._type) if left else None
            deletion = Operation(OperationKind.DELETE, entity)
            return [self._put_head(name, replace(head, newest=newest)), deletion]

        update(
            read,
            change,
            lambda _, operations: self._tables.transact(TABLE, operations),
            busy=self._busy(name),
            attempts=ATTEMPTS,
        )

    def _store(self, head: _Head[A], asset: A) -> None:
        number = int(asset.version) if _is_number(asset.version) else 0
        changed = replace(
            head,
            newest=asset,
            sequence=head.sequence + 1,
            highest=max(head.highest, number),
        )
        row = f"{_prefix(asset.name)}{LAST_SEQUENCE - changed.sequence:010d}"
        data = {"version": asset.version, "document": encode(asset)}
        item = Entity(self._partition, row, data)
        insertion = Operation(OperationKind.INSERT, item)
        self._tables.transact(TABLE, [self._put_head(asset.name, changed), insertion])

    def _head(self, name: str) -> _Head[A]:
        entity = self._tables.get(TABLE, self._partition, f"{HEAD_ROW}{name.lower()}")
        if entity is None:
            return _Head()
        data = entity.data
        newest = decode(_text(entity), self._type) if data["live"] else None
        return _Head(newest, int(str(data["sequence"])), int(str(data["highest"])), entity.etag)

    def _put_head(self, name: str, head: _Head[A]) -> Operation:
        data = {
            "live": head.newest is not None,
            "document": encode(head.newest) if head.newest is not None else "",
            "sequence": head.sequence,
            "highest": head.highest,
        }
        entity = Entity(self._partition, f"{HEAD_ROW}{name.lower()}", data, head.etag)
        return Operation(OperationKind.REPLACE if head.etag else OperationKind.INSERT, entity)

    def _find(self, name: str, version: str) -> Entity | None:
        query = replace(self._items(name), where={"version": version})
        return next(self._tables.query(TABLE, query), None)

    def _items(self, name: str) -> Query:
        prefix = _prefix(name)
        return Query(self._partition, row_from=prefix, row_before=f"{prefix[:-1]}{AFTER_COLON}")

    def _page(self, query: Query, limit: int, continuation: str | None) -> AssetPage[A]:
        page = self._tables.query_page(TABLE, query, limit=limit, continuation=continuation)
        assets = tuple(decode(_text(entity), self._type) for entity in page.entities)
        return AssetPage(assets, page.continuation)

    def _same(self, existing: A, wanted: A) -> A:
        if replace(wanted, name=existing.name, created_at=existing.created_at) == existing:
            return existing
        raise ConflictError(
            f"the {self.kind} '{existing.name}' has a version '{existing.version}' with another "
            "content; leave the version out to get the next number, or choose another",
            code="VersionExists",
            target="version",
        )

    def _unknown(self, name: str, version: str | None = None) -> NotFoundError:
        what = f"'{name}'" if version is None else f"'{name}' with the version '{version}'"
        newest = self._head(name).newest if version is not None else None
        hint = f"; its newest version is '{newest.version}'" if newest else ""
        return NotFoundError(f"there is no {self.kind} {what}{hint}", code="AssetNotFound")

    def _busy(self, name: str) -> ConflictError:
        return ConflictError(
            f"the {self.kind} '{name}' is being changed by others; try again", code="Busy"
        )


def _prefix(name: str) -> str:
    """Returns the prefix of the rows of an asset's versions; names differ in more than case."""
    return f"{ITEM_ROW}{name.lower()}:"


def _text(entity: Entity) -> str:
    return str(entity.data["document"])


def _is_number(version: str) -> bool:
    return version.isascii() and version.isdecimal() and len(version) <= MAX_DIGITS
