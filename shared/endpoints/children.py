"""Finds, stores and deletes what endpoints have by name: their schedules and webhooks.

An endpoint may be deleted and made again. What the earlier one had is not the later one's, and is
removed when its name is wanted.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.endpoints.model import Endpoint
from shared.endpoints.repository import EndpointRepository
from shared.errors import NotFoundError, PreconditionError
from shared.storage.optimistic import update


class StoredChild(Protocol):
    """Something of an endpoint, with the version that was read."""

    @property
    def endpoint_made(self) -> datetime:
        """Returns when its endpoint was created."""
        ...


C = TypeVar("C", bound=StoredChild)
Changed = TypeVar("Changed")
Written = TypeVar("Written")


class ChildRepository(Protocol[C]):
    """Owner of all queries on one kind of child."""

    def find(self, endpoint: str, name: str) -> C | None:
        """Reads a child, None if the endpoint has none of that name."""
        ...

    def delete(self, stored: C) -> None:
        """Deletes a child; one that is gone is fine."""
        ...


class EndpointChildren(Generic[C]):
    """The children of one kind, each by its endpoint's name and its own."""

    def __init__(
        self, kind: str, children: ChildRepository[C], endpoints: EndpointRepository
    ) -> None:
        """Makes it for a kind, as errors name it: `schedule` or `webhook`."""
        self._kind = kind
        self._children = children
        self._endpoints = endpoints

    def endpoint(self, name: str) -> Endpoint:
        """Reads an endpoint.

        Raises:
            NotFoundError: There is none of that name.
        """
        return self._endpoints.get(name).endpoint

    def get(self, endpoint_name: str, name: str) -> C:
        """Reads a child.

        Raises:
            NotFoundError: There is no such endpoint or child.
        """
        endpoint = self.endpoint(endpoint_name)
        found = self._children.find(endpoint.name, name)
        if found is None or not is_of(found, endpoint):
            raise NotFoundError(
                f"the endpoint '{endpoint.name}' has no {self._kind} '{name}'",
                code=f"{self._kind.capitalize()}NotFound",
            )
        return found

    def put(
        self,
        endpoint: Endpoint,
        name: str,
        change: Callable[[C | None], Changed],
        write: Callable[[C | None, Changed], Written],
    ) -> Written:
        """Creates or changes a child as `optimistic.update` does; both get None for a new one.

        Raises:
            PreconditionError: Too many change it at once.
        """

        def read() -> C | None:
            found = self._children.find(endpoint.name, name)
            if found is not None and not is_of(found, endpoint):
                self._children.delete(found)
                return None
            return found

        return update(read, change, write, busy=self._busy(name))

    def change(
        self,
        endpoint_name: str,
        name: str,
        change: Callable[[C], Changed],
        write: Callable[[C, Changed], Written],
    ) -> Written:
        """Changes a child as `optimistic.update` does.

        Raises:
            NotFoundError: There is no such endpoint or child.
            PreconditionError: Too many change it at once.
        """
        busy = self._busy(name)
        return update(lambda: self.get(endpoint_name, name), change, write, busy=busy)

    def delete(self, endpoint_name: str, name: str) -> None:
        """Deletes a child.

        Raises:
            NotFoundError: There is no such endpoint or child.
        """
        self._children.delete(self.get(endpoint_name, name))

    def _busy(self, name: str) -> PreconditionError:
        return PreconditionError(f"the {self._kind} '{name}' is being changed by too many at once")


def is_of(stored: StoredChild, endpoint: Endpoint) -> bool:
    """True if a child is this endpoint's, and not that of a deleted one of the same name."""
    return stored.endpoint_made == endpoint.created_at
