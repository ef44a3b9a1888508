"""Datastores and computes in Table Storage: one row each, ordered by name."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Generic, TypeVar

from shared.assets.model import Resource
from shared.errors import ConflictError, NotFoundError
from shared.storage.codec import decode, encode
from shared.storage.ports import Entity, Query, TableStore

TABLE = "assets"

R = TypeVar("R", bound=Resource)


class ResourceRepository(Generic[R]):
    """Owner of all queries on one kind of resource."""

    def __init__(self, tables: TableStore, kind: type[R]) -> None:
        self._tables = tables
        self._type = kind
        self.kind = kind.kind
        self._partition = kind.kind.name.lower()

    def add(self, resource: R) -> tuple[R, bool]:
        """Stores a new resource.

        Returns:
            The stored one, and whether it is new or the same content was there before.

        Raises:
            ConflictError: The name is taken by one with another content.
        """
        row, data = resource.name.lower(), {"document": encode(resource)}
        try:
            self._tables.insert(TABLE, Entity(self._partition, row, data))
        except ConflictError:
            existing = self.find(resource.name)
            if existing is None or not same_content(existing, resource):
                raise name_taken(resource) from None
            return existing, False
        return resource, True

    def put(self, resource: R) -> tuple[R, bool]:
        """Stores a resource over one of the same name, whose time of creation stays.

        Returns:
            The stored one, and whether it is new.
        """
        existing = self.find(resource.name)
        if existing is not None:
            resource = replace(resource, name=existing.name, created_at=existing.created_at)
        data = {"document": encode(resource)}
        self._tables.upsert(TABLE, Entity(self._partition, resource.name.lower(), data))
        return resource, existing is None

    def find(self, name: str) -> R | None:
        """Reads a resource, None if there is none of that name."""
        entity = self._tables.get(TABLE, self._partition, name.lower())
        return None if entity is None else decode(str(entity.data["document"]), self._type)

    def get(self, name: str) -> R:
        """Reads a resource.

        Raises:
            NotFoundError: There is none of that name.
        """
        found = self.find(name)
        if found is None:
            label = self.kind.value
            code = f"{label.capitalize()}NotFound"
            raise NotFoundError(f"there is no {label} '{name}'; create it first", code=code)
        return found

    def all(self) -> Iterator[R]:
        """Reads all of them by name."""
        for entity in self._tables.query(TABLE, Query(self._partition)):
            yield decode(str(entity.data["document"]), self._type)

    def delete(self, name: str) -> None:
        """Deletes a resource.

        Raises:
            NotFoundError: There is none of that name.
        """
        existing = self.get(name)
        self._tables.delete(TABLE, self._partition, existing.name.lower())


def same_content(existing: R, wanted: R) -> bool:
    """True if two of the same name differ in nothing but the time of creation."""
    return replace(wanted, name=existing.name, created_at=existing.created_at) == existing


def name_taken(resource: Resource) -> ConflictError:
    """The error for a name that is there with another content."""
    label = resource.kind.value
    return ConflictError(
        f"a {label} '{resource.name}' exists already with another content; delete it first, or "
        "choose another name",
        code=f"{label.capitalize()}Exists",
        target="name",
    )
