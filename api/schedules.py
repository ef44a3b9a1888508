"""The functions around the schedules of endpoints."""

from urllib.parse import quote

import azure.functions as func

from api.gate import caller
from api.requests import base_url, page_size, read_document
from api.responses import json_response, list_response
from api.routes import GuardedApp, Route, register
from api.schedule_documents import schedule_document
from shared.principal import Role
from shared.schedules.service import ScheduleService


class ScheduleRoutes:
    """Creates, shows, lists, pauses and deletes schedules."""

    def __init__(self, schedules: ScheduleService, public_url: str) -> None:
        self._schedules = schedules
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        every = "endpoints/{endpoint}/schedules"
        one = f"{every}/{{schedule}}"
        for route in (
            Route("list_schedules", "GET", every, self.list, Role.READER),
            Route("put_schedule", "PUT", one, self.put, Role.CONTRIBUTOR),
            Route("show_schedule", "GET", one, self.show, Role.READER),
            Route("delete_schedule", "DELETE", one, self.delete, Role.CONTRIBUTOR),
            Route("pause_schedule", "POST", f"{one}/pause", self.pause, Role.CONTRIBUTOR),
            Route("resume_schedule", "POST", f"{one}/resume", self.resume, Role.CONTRIBUTOR),
        ):
            register(app, route)

    def put(self, req: func.HttpRequest) -> func.HttpResponse:
        """Creates a schedule, or replaces what it says."""
        endpoint, name = _names(req)
        view, is_new = self._schedules.put(endpoint, name, read_document(req), caller())
        schedule = view.schedule
        place = f"endpoints/{quote(schedule.endpoint_name)}/schedules/{quote(schedule.name)}"
        location = f"{base_url(req, self._public_url)}/api/{place}"
        return json_response(
            schedule_document(view), 201 if is_new else 200, headers={"Location": location}
        )

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

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows a schedule, and how far it has come."""
        return json_response(schedule_document(self._schedules.get(*_names(req))))

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes a schedule."""
        self._schedules.delete(*_names(req))
        return func.HttpResponse(status_code=204)

    def pause(self, req: func.HttpRequest) -> func.HttpResponse:
        """Makes a schedule start nothing."""
        return json_response(schedule_document(self._schedules.pause(*_names(req))))

    def resume(self, req: func.HttpRequest) -> func.HttpResponse:
        """Makes a paused schedule go on."""
        return json_response(schedule_document(self._schedules.resume(*_names(req))))


def _names(req: func.HttpRequest) -> tuple[str, str]:
    return req.route_params["endpoint"], req.route_params["schedule"]
