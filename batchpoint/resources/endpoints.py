"""Endpoints: create, show, list, change, delete."""

from collections.abc import Iterator
from typing import cast

from batchpoint.http.transport import Transport, segment
from batchpoint.models import Endpoint, JsonObject


class Endpoints:
    """The endpoints of a service."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, document: JsonObject) -> Endpoint:
        """Creates an endpoint with its deployments.

        Args:
            document: The YAML form, in which each local path has become an upload's URI.
        """
        answer = self._transport.request("POST", "/endpoints", body=document)
        return cast("Endpoint", answer.body)

    def list(self) -> Iterator[Endpoint]:
        """Yields all endpoints by name."""
        return self._transport.pages("/endpoints")

    def show(self, name: str) -> Endpoint:
        """Shows one endpoint."""
        return self.show_versioned(name)[0]

    def show_versioned(self, name: str) -> tuple[Endpoint, str | None]:
        """Shows one endpoint with the `ETag` that a change of just this state needs."""
        answer = self._transport.request("GET", f"/endpoints/{segment(name)}")
        return cast("Endpoint", answer.body), answer.etag

    def update(self, name: str, changes: JsonObject, *, etag: str | None = None) -> Endpoint:
        """Changes any of `description`, `tags` and `traffic`.

        Args:
            name: The endpoint.
            changes: The keys to set.
            etag: Makes the change hold only for that state; an `ApiError` (412) otherwise.
        """
        headers = {"If-Match": etag} if etag else {}
        path = f"/endpoints/{segment(name)}"
        # With an etag, a repetition would not find the state that it is for.
        answer = self._transport.request(
            "PATCH", path, body=changes, headers=headers, idempotent=etag is None
        )
        return cast("Endpoint", answer.body)

    def delete(self, name: str, *, force: bool = False) -> None:
        """Deletes an endpoint and its deployments; `force` even while a job runs."""
        params = {"force": "true"} if force else {}
        self._transport.request("DELETE", f"/endpoints/{segment(name)}", params=params)
