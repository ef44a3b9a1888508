"""Which container a datastore's name stands for."""

from shared.domain.uris import DEFAULT_DATASTORE, DatastorePath
from shared.errors import NotFoundError


class Datastores:
    """Resolves datastores; `workspaceblobstore` is always there."""

    def __init__(self, default_container: str) -> None:
        self._containers = {DEFAULT_DATASTORE: default_container}

    def container(self, datastore: str, *, target: str | None = None) -> str:
        """The container of a datastore.

        Raises:
            NotFoundError: There is no such datastore.
        """
        found = self._containers.get(datastore)
        if found is None:
            raise NotFoundError(
                f"there is no datastore '{datastore}'; there is '{DEFAULT_DATASTORE}'",
                target=target,
                code="DatastoreNotFound",
            )
        return found

    def locate(self, place: DatastorePath, *, target: str | None = None) -> tuple[str, str]:
        """Container and blob name (or prefix) of a place in a datastore.

        Raises:
            NotFoundError: There is no such datastore.
        """
        return self.container(place.datastore, target=target), place.path
