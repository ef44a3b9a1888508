"""Resolves a datastore's name to its container and folder."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from shared.assets.model import Datastore
from shared.assets.resource_repository import ResourceRepository
from shared.errors import NotFoundError
from shared.storage.ports import TableStore
from shared.uris import DEFAULT_DATASTORE, INBOX_DATASTORE, DatastorePath

FRESH_SECONDS = 5.0


@dataclass(frozen=True)
class _Known:
    """A datastore as it was read, and until when that counts as fresh."""

    datastore: Datastore
    until: float


class Datastores:
    """Resolves datastores; `workspaceblobstore` and `inbox` are always there.

    Every read of an input comes by here, so that what was read of the table is kept for a few
    seconds; within them a deleted datastore may still be resolved by another process.
    """

    def __init__(
        self,
        default_container: str,
        tables: TableStore,
        clock: Callable[[], float] = time.monotonic,
        inbox_container: str = INBOX_DATASTORE,
    ) -> None:
        self.default = Datastore(
            name=DEFAULT_DATASTORE,
            description="The datastore that is always there",
            container_name=default_container,
        )
        self.inbox = Datastore(
            name=INBOX_DATASTORE,
            description="Files that land in it are scored",
            container_name=inbox_container,
        )
        self._built_in = {item.name: item for item in (self.default, self.inbox)}
        self._repository = ResourceRepository(tables, Datastore)
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def get(self, name: str, *, target: str | None = None) -> Datastore:
        """Reads a datastore.

        Raises:
            NotFoundError: There is no such datastore.
        """
        key = name.lower()
        if key in self._built_in:
            return self._built_in[key]
        known = self._known.get(key)
        if known is not None and self._clock() < known.until:
            return known.datastore
        found = self._repository.find(name)
        if found is None:
            self._known.pop(key, None)
            raise NotFoundError(
                f"there is no datastore '{name}'; create it, or use '{DEFAULT_DATASTORE}'",
                target=target,
                code="DatastoreNotFound",
            )
        self._known[key] = _Known(found, self._clock() + FRESH_SECONDS)
        return found

    def forget(self, name: str) -> None:
        """Makes the next look at a datastore read it again."""
        self._known.pop(name.lower(), None)

    def locate(self, place: DatastorePath, *, target: str | None = None) -> tuple[str, str]:
        """Container and blob name (or prefix) of a place in a datastore.

        Raises:
            NotFoundError: There is no such datastore.
        """
        datastore = self.get(place.datastore, target=target)
        parts = (datastore.prefix, place.path)
        return datastore.container_name, "/".join(part for part in parts if part)
