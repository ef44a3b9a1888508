"""The functions around jobs: invoke, show, list, cancel, resume, delete."""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from api.documents import job_document, job_view_document
from api.gate import caller
from api.readers.invocations import read_invocation
from api.requests import base_url, page_size, read_document
from api.responses import json_response, list_response
from api.routes import GuardedApp, Route, StartingRoute, register, register_starting
from shared.errors import InvalidError
from shared.jobs.model import JobStatus
from shared.monitoring.job_reader import JobReader
from shared.principal import Role
from shared.running.invocation import InvocationService, Invoked, InvokeRequest
from shared.running.job_service import JobService
from shared.running.starting import start_job

IDEMPOTENCY_HEADERS = ("Idempotency-Key", "repeatability-request-id", "repeatability_request-id")


class JobRoutes:
    """Starts, shows and lists jobs."""

    def __init__(
        self, invocations: InvocationService, jobs: JobService, reader: JobReader, public_url: str
    ) -> None:
        self._invocations = invocations
        self._jobs = jobs
        self._reader = reader
        self._public_url = public_url

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        for route in (
            Route("list_endpoint_jobs", "GET", "endpoints/{endpoint}/jobs", self.list, Role.READER),
            Route("list_jobs", "GET", "jobs", self.list, Role.READER),
            Route("show_job", "GET", "jobs/{job}", self.show, Role.READER),
            Route("cancel_job", "POST", "jobs/{job}/cancel", self.cancel, Role.INVOKER),
            Route("delete_job", "DELETE", "jobs/{job}", self.delete, Role.CONTRIBUTOR),
        ):
            register(app, route)
        one, jobs = "jobs/{job}/resume", "endpoints/{endpoint}/jobs"
        for starting in (
            StartingRoute("resume_job", "POST", one, self.resume, Role.INVOKER),
            StartingRoute("invoke_endpoint", "POST", jobs, self.invoke, Role.INVOKER),
        ):
            register_starting(app, starting)

    async def invoke(
        self, req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        """Starts a job. If the start is lost after the job is stored, the watchdog makes up."""
        invoked = await asyncio.to_thread(self._create_job, req)
        job = invoked.job
        if invoked.is_new:
            await start_job(client, job)
        base = base_url(req, self._public_url)
        view = await asyncio.to_thread(self._reader.view, job)
        location = f"{base}/api/jobs/{job.name}"
        return json_response(job_view_document(view, base), 201, headers={"Location": location})

    async def resume(
        self, req: func.HttpRequest, client: df.DurableOrchestrationClient
    ) -> func.HttpResponse:
        """Continues with a failed or canceled job, with what is missing alone."""
        job = await asyncio.to_thread(self._jobs.resume, req.route_params["job"], caller())
        await start_job(client, job)
        view = await asyncio.to_thread(self._reader.view, job)
        return json_response(job_view_document(view, base_url(req, self._public_url)), 202)

    def _create_job(self, req: func.HttpRequest) -> Invoked:
        request = InvokeRequest(
            endpoint=req.route_params["endpoint"],
            draft=read_invocation(read_document(req)),
            caller=caller(),
            deployment=req.headers.get("azureml-model-deployment"),
            idempotency_key=_idempotency_key(req),
        )
        return self._invocations.invoke(request)

    def list(self, req: func.HttpRequest) -> func.HttpResponse:
        """Lists jobs, newest first."""
        endpoint = req.route_params.get("endpoint") or req.params.get("endpoint")
        status = _status(req.params.get("status"))
        search = req.params.get("search")
        limit = page_size(req)
        page = self._reader.list(
            endpoint=endpoint,
            status=status,
            search=search,
            limit=limit,
            continuation=req.params.get("continuation"),
        )
        base = base_url(req, self._public_url)
        query = {
            "top": str(limit),
            "endpoint": endpoint or "",
            "status": status or "",
            "search": search or "",
        }
        return list_response(
            [job_document(job, base) for job in page.jobs],
            url=f"{base}/api/jobs",
            query={key: value for key, value in query.items() if value},
            continuation=page.continuation,
        )

    def show(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows one job with its live counts."""
        view = self._reader.show(req.route_params["job"])
        return json_response(job_view_document(view, base_url(req, self._public_url)))

    def cancel(self, req: func.HttpRequest) -> func.HttpResponse:
        """Asks a job to stop."""
        view = self._reader.view(self._jobs.cancel(req.route_params["job"], caller()))
        return json_response(job_view_document(view, base_url(req, self._public_url)), 202)

    def delete(self, req: func.HttpRequest) -> func.HttpResponse:
        """Deletes a job that has ended."""
        self._jobs.delete(req.route_params["job"])
        return func.HttpResponse(status_code=204)


def _idempotency_key(req: func.HttpRequest) -> str | None:
    found = (req.headers.get(name) for name in IDEMPOTENCY_HEADERS)
    key = next((value for value in found if value), None)
    if key is not None and len(key) > 256:
        raise InvalidError("must be at most 256 characters long", target="Idempotency-Key")
    return key


def _status(text: str | None) -> JobStatus | None:
    if text is None:
        return None
    for status in JobStatus:
        if status.value.lower() == text.lower():
            return status
    known = ", ".join(status.value for status in JobStatus)
    raise InvalidError(f"must be one of {known}, not '{text}'", target="status")
