"""Webhooks of an endpoint: create or replace, show, list, delete."""

from collections.abc import Iterator
from typing import cast

from batchpoint.http.transport import Transport, segment
from batchpoint.models import JsonObject, Webhook


class Webhooks:
    """The webhooks of a service's endpoints."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def put(self, endpoint: str, name: str, document: JsonObject) -> Webhook:
        """Creates a webhook, or replaces what one of that name says.

        Args:
            endpoint: The endpoint's name.
            name: The webhook's name.
            document: Its YAML form. Without a `secret`, one is made for a new webhook, and is in
                this answer alone.
        """
        answer = self._transport.request("PUT", _path(endpoint, name), body=document)
        return cast("Webhook", answer.body)

    def list(self, endpoint: str) -> Iterator[Webhook]:
        """Yields an endpoint's webhooks by name."""
        return self._transport.pages(f"/endpoints/{segment(endpoint)}/webhooks")

    def show(self, endpoint: str, name: str) -> Webhook:
        """Shows one webhook, and how its deliveries go."""
        return cast("Webhook", self._transport.request("GET", _path(endpoint, name)).body)

    def delete(self, endpoint: str, name: str) -> None:
        """Deletes a webhook, which is told nothing from then on."""
        self._transport.request("DELETE", _path(endpoint, name))


def _path(endpoint: str, name: str) -> str:
    return f"/endpoints/{segment(endpoint)}/webhooks/{segment(name)}"
