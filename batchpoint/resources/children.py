"""Named things of endpoints, such as schedules: create or replace, list, show, delete."""

from collections.abc import Iterator
from typing import Generic, TypeVar, cast

from batchpoint.http.transport import Transport, segment
from batchpoint.models import JsonObject

T = TypeVar("T")


class Children(Generic[T]):
    """The children of one kind of a service's endpoints."""

    def __init__(self, transport: Transport, kind: str) -> None:
        """Makes it for a kind, as paths name it, such as `schedules`."""
        self._transport = transport
        self._kind = kind

    def put(self, endpoint: str, name: str, document: JsonObject) -> T:
        """Creates a child, or replaces what one of that name says.

        Args:
            endpoint: The endpoint's name.
            name: The child's name.
            document: Its YAML form.
        """
        answer = self._transport.request("PUT", self._path(endpoint, name), body=document)
        return cast("T", answer.body)

    def list(self, endpoint: str) -> Iterator[T]:
        """Yields an endpoint's children by name."""
        return self._transport.pages(f"/endpoints/{segment(endpoint)}/{self._kind}")

    def show(self, endpoint: str, name: str) -> T:
        """Shows one child."""
        return cast("T", self._transport.request("GET", self._path(endpoint, name)).body)

    def delete(self, endpoint: str, name: str) -> None:
        """Deletes a child."""
        self._transport.request("DELETE", self._path(endpoint, name))

    def _path(self, endpoint: str, name: str) -> str:
        return f"/endpoints/{segment(endpoint)}/{self._kind}/{segment(name)}"
