"""Registers, shows, lists and deletes models, environments and data assets."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from shared.assets.asset_repository import Added, AssetPage, AssetRepository
from shared.assets.model import LATEST, Asset
from shared.assets.references import parse_reference
from shared.errors import ConflictError, NotFoundError

A = TypeVar("A", bound=Asset)
Document = Mapping[str, Any]


class AssetService(Generic[A]):
    """The use cases around one kind of asset."""

    def __init__(
        self,
        repository: AssetRepository[A],
        draft: Callable[[Document], A],
        user: Callable[[A], str | None],
    ) -> None:
        """Makes the service.

        Args:
            repository: Where the assets are kept.
            draft: Makes one of a document.
            user: Names who uses one, None if nobody does.
        """
        self._repository = repository
        self._kind = repository.kind
        self._draft = draft
        self._user = user

    def create(self, document: Document) -> Added[A]:
        """Registers a version of an asset; the same content again answers what is there.

        Raises:
            InvalidError: The document breaks the rules; each violation is named by its path.
            NotFoundError: The datastore that it names does not exist.
            ConflictError: The version is there with another content.
        """
        return self._repository.add(self._draft(document))

    def get(self, name: str, version: str = LATEST, *, target: str | None = None) -> A:
        """Reads one version; `latest` is the one that was made last.

        Raises:
            NotFoundError: There is none.
        """
        try:
            if version == LATEST:
                return self._repository.latest(name)
            return self._repository.get(name, version)
        except NotFoundError as error:
            raise NotFoundError(error.message, target=target, code=error.code) from error

    def resolve(self, reference: str, *, target: str | None = None) -> A:
        """Finds what a deployment or a job refers to.

        Args:
            reference: `azureml:NAME:VERSION`, `azureml:NAME@latest` or a full resource id.
            target: Where it stands in the request, for the error.

        Raises:
            InvalidError: It is no reference to an asset of this kind.
            NotFoundError: There is no such asset or version.
        """
        found = parse_reference(reference, self._kind, target=target)
        return self.get(found.name, found.version, target=target)

    def list(self, *, limit: int, continuation: str | None) -> AssetPage[A]:
        """Lists the newest version of each asset by name."""
        return self._repository.list(limit=limit, continuation=continuation)

    def versions(self, name: str, *, limit: int, continuation: str | None) -> AssetPage[A]:
        """Lists the versions of one asset, the newest first.

        Raises:
            NotFoundError: There is no such asset.
        """
        return self._repository.versions(name, limit=limit, continuation=continuation)

    def delete(self, name: str, version: str) -> None:
        """Deletes a version that nobody uses.

        Raises:
            NotFoundError: There is none.
            ConflictError: Somebody uses it.
        """
        asset = self._repository.get(name, version)
        user = self._user(asset)
        if user is not None:
            raise ConflictError(
                f"the {self._kind} '{asset.reference}' is used by {user}", code="InUse"
            )
        self._repository.delete(name, version)
