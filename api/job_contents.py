"""The functions that tell what a job wrote: outputs, logs, what happened, what is scored so far."""

from datetime import datetime

import azure.functions as func

from api.documents import event_document, log_document, output_document, scored_document
from api.requests import base_url, page_size, whole_number
from api.responses import list_response
from api.routes import GuardedApp, Route, register
from shared.errors import InvalidError
from shared.monitoring.job_reader import JobReader
from shared.monitoring.logs import ENTRIES
from shared.principal import Role

ORDERS = ("time", "input")
LAST_MINI_BATCH = 24_999_999
"""Of the million chunks that the names of blobs have room for."""


class JobContentRoutes:
    """Lists what belongs to one job."""

    def __init__(self, jobs: JobReader, public_url: str) -> None:
        self._jobs = jobs
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        for route in (
            Route("list_job_outputs", "GET", "jobs/{job}/outputs", self.outputs, Role.READER),
            Route("list_job_logs", "GET", "jobs/{job}/logs", self.logs, Role.READER),
            Route("list_job_events", "GET", "jobs/{job}/events", self.events, Role.READER),
            Route("list_job_records", "GET", "jobs/{job}/records", self.records, Role.READER),
        ):
            register(app, route)

    def outputs(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists the files that a job wrote."""
        return list_response(
            [output_document(file) for file in self._jobs.outputs(req.route_params["job"])]
        )

    def logs(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists what user code printed."""
        job = req.route_params["job"]
        if "mini_batch" in req.params:
            _check_alone(req, "mini_batch")
            number = whole_number(req, "mini_batch", 0, LAST_MINI_BATCH)
            entries = self._jobs.logs_of(job, number)
            return list_response([log_document(entry) for entry in entries])
        since = _time(req.params.get("since"))
        tail = whole_number(req, "tail", 1, ENTRIES) if "tail" in req.params else None
        if _order(req) == "time":
            entries = self._jobs.logs(job, since, tail)
            return list_response([log_document(entry) for entry in entries])
        for name in ("since", "tail"):
            if name in req.params:
                raise InvalidError("goes with order=time only", target=name)
        page = self._jobs.logs_in_order(job, req.params.get("continuation"))
        return list_response(
            [log_document(entry) for entry in page.entries],
            url=self._url(req, "logs"),
            query={"order": "input"},
            continuation=page.continuation,
        )

    def events(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists what happened to a job."""
        limit = page_size(req)
        page = self._jobs.events(
            req.route_params["job"], limit=limit, continuation=req.params.get("continuation")
        )
        return list_response(
            [event_document(event) for event in page.events],
            url=self._url(req, "events"),
            query={"top": str(limit)},
            continuation=page.continuation,
        )

    def records(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists the mini-batches that are scored."""
        limit = page_size(req)
        page = self._jobs.scored(
            req.route_params["job"], limit=limit, continuation=req.params.get("continuation")
        )
        return list_response(
            [scored_document(item) for item in page.mini_batches],
            url=self._url(req, "records"),
            query={"top": str(limit)},
            continuation=page.continuation,
        )

    def _url(self, req: func.HttpRequest, what: str) -> str:
        base = base_url(req, self._public_url)
        return f"{base}/api/jobs/{req.route_params['job']}/{what}"


def _check_alone(req: func.HttpRequest, name: str) -> None:
    others = [other for other in ("since", "tail", "order", "continuation") if other in req.params]
    if others:
        raise InvalidError(f"goes without {name}, which answers all there is", target=others[0])


def _order(req: func.HttpRequest) -> str:
    order = req.params.get("order", "time")
    if order not in ORDERS:
        raise InvalidError(f"must be one of {', '.join(ORDERS)}, not '{order}'", target="order")
    return order


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidError(
            f"must be a time with its zone, such as 2026-01-31T12:00:00+00:00, not '{text}'",
            target="since",
        )
    return moment
