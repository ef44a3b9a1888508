"""The functions around the schedules of endpoints."""

from urllib.parse import quote

import azure.functions as func

from api.child_resources import ChildRoutes
from api.requests import base_url, page_size
from api.responses import json_response, list_response
from api.routes import GuardedApp
from api.schedule_documents import schedule_document
from shared.schedules.service import ScheduleService, ScheduleView


class ScheduleRoutes(ChildRoutes[ScheduleView]):
    """Creates, shows, lists, pauses and deletes schedules."""

    def __init__(self, schedules: ScheduleService, public_url: str) -> None:
        super().__init__("schedule", schedules, schedule_document, public_url)
        self._schedules = schedules

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        actions = {"pause": self.pause, "resume": self.resume}
        self.register_children(app, self.list, actions)

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists an endpoint's schedules by name."""
        endpoint, limit = req.route_params["endpoint"], page_size(req)
        page = self._schedules.list(
            endpoint, limit=limit, continuation=req.params.get("continuation")
        )
        base = base_url(req, self._public_url)
        return list_response(
            [schedule_document(view) for view in page.views],
            url=f"{base}/api/endpoints/{quote(endpoint)}/schedules",
            query={"top": str(limit)},
            continuation=page.continuation,
        )

    def pause(self, req: func.HttpRequest) -> func.HttpResponse:
        """Makes a schedule start nothing."""
        return json_response(schedule_document(self._schedules.pause(*self.names(req))))

    def resume(self, req: func.HttpRequest) -> func.HttpResponse:
        """Makes a paused schedule go on."""
        return json_response(schedule_document(self._schedules.resume(*self.names(req))))
