"""Deployments of an endpoint: create, show, list, change, delete."""

from collections.abc import Iterator
from typing import cast

from batchpoint.http.transport import Transport, segment
from batchpoint.models import BuildLog, Deployment, JsonObject


class Deployments:
    """The deployments of a service's endpoints."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, endpoint: str, document: JsonObject) -> Deployment:
        """Adds a deployment, given in its YAML form with an upload's URI for each local path."""
        answer = self._transport.request("POST", _path(endpoint), body=document)
        return cast("Deployment", answer.body)

    def list(self, endpoint: str) -> Iterator[Deployment]:
        """Yields an endpoint's deployments."""
        return self._transport.pages(_path(endpoint))

    def show(self, endpoint: str, name: str) -> Deployment:
        """Shows one deployment."""
        answer = self._transport.request("GET", f"{_path(endpoint)}/{segment(name)}")
        return cast("Deployment", answer.body)

    def build_log(self, endpoint: str, name: str) -> BuildLog:
        """Shows what was printed while the deployment's environment was built."""
        path = f"{_path(endpoint)}/{segment(name)}/build-log"
        return cast("BuildLog", self._transport.request("GET", path).body)

    def update(self, endpoint: str, name: str, changes: JsonObject) -> Deployment:
        """Changes a deployment.

        Args:
            endpoint: The endpoint's name.
            name: The deployment's name.
            changes: The keys of the YAML form to set; of mappings, only what is named changes.
        """
        path = f"{_path(endpoint)}/{segment(name)}"
        # What is set is the same the second time.
        answer = self._transport.request("PATCH", path, body=changes, idempotent=True)
        return cast("Deployment", answer.body)

    def delete(self, endpoint: str, name: str) -> None:
        """Deletes a deployment that has no traffic."""
        self._transport.request("DELETE", f"{_path(endpoint)}/{segment(name)}")


def _path(endpoint: str) -> str:
    return f"/endpoints/{segment(endpoint)}/deployments"
