"""Versioned assets: models, environments and data assets."""

from collections.abc import Iterator

from batchpoint.http.transport import Transport, segment
from batchpoint.models import JsonObject

LATEST = "latest"


class Assets:
    """The assets of one kind.

    Args:
        transport: The connection to the service.
        kind: `models`, `environments` or `data`.
    """

    def __init__(self, transport: Transport, kind: str) -> None:
        self._transport = transport
        self._kind = kind

    def create(self, document: JsonObject) -> JsonObject:
        """Registers a version, given in its YAML form with an upload's URI for each local path."""
        # The same content of a version again answers what is there; without one, each is a new one.
        named = "version" in document
        return self._transport.request(
            "POST", f"/{self._kind}", body=document, idempotent=named
        ).body

    def list(self) -> Iterator[JsonObject]:
        """Yields the newest version of each asset."""
        return self._transport.pages(f"/{self._kind}")

    def versions(self, name: str) -> Iterator[JsonObject]:
        """Yields the versions of one asset, newest first."""
        return self._transport.pages(self._path(name))

    def show(self, name: str, version: str = LATEST) -> JsonObject:
        """Shows one version; the newest if none is named."""
        return self._transport.request("GET", f"{self._path(name)}/{segment(version)}").body

    def delete(self, name: str, version: str) -> None:
        """Deletes a version that nothing uses."""
        self._transport.request("DELETE", f"{self._path(name)}/{segment(version)}")

    def _path(self, name: str) -> str:
        return f"/{self._kind}/{segment(name)}/versions"
