"""Schedules of an endpoint: create or replace, show, list, pause, resume, delete."""

from collections.abc import Iterator
from typing import cast

from batchpoint.http.transport import Transport, segment
from batchpoint.models import JsonObject, Schedule


class Schedules:
    """The schedules of a service's endpoints."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def put(self, endpoint: str, name: str, document: JsonObject) -> Schedule:
        """Creates a schedule, or replaces what one of that name says.

        Args:
            endpoint: The endpoint's name.
            name: The schedule's name.
            document: Its YAML form.
        """
        answer = self._transport.request("PUT", _path(endpoint, name), body=document)
        return cast("Schedule", answer.body)

    def list(self, endpoint: str) -> Iterator[Schedule]:
        """Yields an endpoint's schedules by name."""
        return self._transport.pages(f"/endpoints/{segment(endpoint)}/schedules")

    def show(self, endpoint: str, name: str) -> Schedule:
        """Shows one schedule."""
        return cast("Schedule", self._transport.request("GET", _path(endpoint, name)).body)

    def pause(self, endpoint: str, name: str) -> Schedule:
        """Makes a schedule start nothing."""
        return self._ask(endpoint, name, "pause")

    def resume(self, endpoint: str, name: str) -> Schedule:
        """Makes a paused schedule go on."""
        return self._ask(endpoint, name, "resume")

    def _ask(self, endpoint: str, name: str, action: str) -> Schedule:
        path = f"{_path(endpoint, name)}/{action}"
        return cast("Schedule", self._transport.request("POST", path, idempotent=True).body)

    def delete(self, endpoint: str, name: str) -> None:
        """Deletes a schedule; its jobs stay."""
        self._transport.request("DELETE", _path(endpoint, name))


def _path(endpoint: str, name: str) -> str:
    return f"/endpoints/{segment(endpoint)}/schedules/{segment(name)}"
