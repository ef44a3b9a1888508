"""Creates, shows, lists and deletes datastores and computes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from shared.assets.model import Resource
from shared.assets.references import parse_reference
from shared.assets.resource_repository import ResourceRepository
from shared.clock import Clock
from shared.errors import ConflictError, NotFoundError

R = TypeVar("R", bound=Resource)
Document = Mapping[str, Any]


class ResourceService(Generic[R]):
    """The use cases around one kind of resource that has no versions."""

    def __init__(
        self,
        repository: ResourceRepository[R],
        read: Callable[[Document], R],
        user: Callable[[R], str | None],
        built_in: Sequence[R] = (),
        changed: Callable[[str], None] | None = None,
        *,
        is_updatable: bool = False,
    ) -> None:
        """Makes the service.

        Args:
            repository: Where the resources are kept.
            read: Makes one of a document.
            user: Names who uses one, None if nobody does.
            built_in: Those that are always there.
            changed: Told the name of each one that is made or deleted.
            is_updatable: Whether creating one again with another content changes it.
        """
        self._repository = repository
        self._read = read
        self._user = user
        self._built_in = {item.name.lower(): item for item in built_in}
        self._changed = changed
        self._is_updatable = is_updatable

    def create(self, document: Document) -> tuple[R, bool]:
        """Creates a resource, or changes one that may be changed.

        The same content again answers what is there.

        Returns:
            The resource, and whether it is new.

        Raises:
            InvalidError: The document breaks the rules; each violation is named by its path.
            ConflictError: The name is taken by one with another content that stays as it is.
        """
        resource = self._read(document)
        self._refuse_built_in(resource.name)
        if self._is_updatable:
            made = self._repository.put(resource)
        else:
            made = self._repository.add(resource)
        self._tell(resource.name)
        return made

    def get(self, name: str, *, target: str | None = None) -> R:
        """Reads one.

        Raises:
            NotFoundError: There is none of that name.
        """
        built_in = self._built_in.get(name.lower())
        if built_in is not None:
            return built_in
        try:
            return self._repository.get(name)
        except NotFoundError as error:
            raise NotFoundError(error.message, target=target, code=error.code) from error

    def resolve(self, reference: str, *, target: str | None = None) -> R:
        """Finds what a deployment or a job refers to.

        Args:
            reference: `azureml:NAME`, the name alone, or a full resource id.
            target: Where it stands in the request, for the error.

        Raises:
            InvalidError: It is no reference to a resource of this kind.
            NotFoundError: There is no such resource.
        """
        found = parse_reference(reference, self._repository.kind, target=target)
        return self.get(found.name, target=target)

    def list(self) -> list[R]:
        """Lists all of them by name; they are few."""
        found = [*self._built_in.values(), *self._repository.all()]
        return sorted(found, key=lambda item: item.name.lower())

    def delete(self, name: str) -> None:
        """Deletes one that nobody uses.

        Raises:
            NotFoundError: There is none of that name.
            ConflictError: Somebody uses it, or it is always there.
        """
        self._refuse_built_in(name)
        resource = self._repository.get(name)
        user = self._user(resource)
        if user is not None:
            raise ConflictError(
                f"the {resource.kind} '{resource.name}' is used by {user}", code="InUse"
            )
        self._repository.delete(name)
        self._tell(name)

    def _refuse_built_in(self, name: str) -> None:
        built_in = self._built_in.get(name.lower())
        if built_in is not None:
            raise ConflictError(
                f"the {built_in.kind} '{built_in.name}' is always there, as it is; "
                "it can be neither created nor deleted",
                code="BuiltIn",
            )

    def _tell(self, name: str) -> None:
        if self._changed is not None:
            self._changed(name)


def dated(read: Callable[[Document, Any], R], clock: Clock) -> Callable[[Document], R]:
    """Gives a reader of documents the time of creation."""
    return lambda document: read(document, clock())
