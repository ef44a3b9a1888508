"""Datastores and computes: where data lies, and how much may run."""

from collections.abc import Iterator

from batchpoint.http.transport import Transport, segment
from batchpoint.models import JsonObject


class Places:
    """Named things of one kind in a service.

    Args:
        transport: The connection to the service.
        kind: `datastores` or `computes`.
    """

    def __init__(self, transport: Transport, kind: str) -> None:
        self._transport = transport
        self._kind = kind

    def create(self, document: JsonObject) -> JsonObject:
        """Creates one, given in its YAML form."""
        # The same content again answers what is there.
        return self._transport.request(
            "POST", f"/{self._kind}", body=document, idempotent=True
        ).body

    def list(self) -> Iterator[JsonObject]:
        """Yields all of them by name."""
        return self._transport.pages(f"/{self._kind}")

    def show(self, name: str) -> JsonObject:
        """Shows one."""
        return self._transport.request("GET", f"/{self._kind}/{segment(name)}").body

    def delete(self, name: str) -> None:
        """Deletes one that nothing uses."""
        self._transport.request("DELETE", f"/{self._kind}/{segment(name)}")
