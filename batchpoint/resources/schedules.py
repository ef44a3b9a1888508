"""Schedules of an endpoint: create or replace, show, list, pause, resume, delete."""

from typing import cast

from batchpoint.http.transport import Transport
from batchpoint.models import Schedule
from batchpoint.resources.children import Children


class Schedules(Children[Schedule]):
    """The schedules of a service's endpoints; the jobs of a deleted one stay."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, "schedules")

    def pause(self, endpoint: str, name: str) -> Schedule:
        """Makes a schedule start nothing."""
        return self._ask(endpoint, name, "pause")

    def resume(self, endpoint: str, name: str) -> Schedule:
        """Makes a paused schedule go on."""
        return self._ask(endpoint, name, "resume")

    def _ask(self, endpoint: str, name: str, action: str) -> Schedule:
        path = f"{self._path(endpoint, name)}/{action}"
        return cast("Schedule", self._transport.request("POST", path, idempotent=True).body)
