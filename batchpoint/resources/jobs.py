"""Jobs: start, show, list, cancel, resume, delete, and where what they wrote is."""

import uuid
from collections.abc import Iterator
from typing import cast

from batchpoint.http.transport import Transport, segment
from batchpoint.models import Job, JobEvent, JsonObject, Log, OutputFile, ScoredMiniBatch


class Jobs:
    """The jobs of a service."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def invoke(
        self,
        endpoint: str,
        invocation: JsonObject,
        *,
        deployment: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Starts a job; however often the request has to be repeated, it is one job.

        Args:
            endpoint: Whose scoring URI to call.
            invocation: The body, as docs/api.md has it.
            deployment: Another deployment than the active one.
            idempotency_key: The caller's own, to repeat an invocation of an earlier process.
        """
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        if deployment:
            headers["azureml-model-deployment"] = deployment
        path = f"/endpoints/{segment(endpoint)}/jobs"
        answer = self._transport.request(
            "POST", path, body=invocation, headers=headers, idempotent=True
        )
        return cast("Job", answer.body)

    def show(self, name: str) -> Job:
        """Shows a job with its live counts."""
        return cast("Job", self._transport.request("GET", f"/jobs/{segment(name)}").body)

    def list(
        self, *, endpoint: str | None = None, status: str | None = None, top: int | None = None
    ) -> Iterator[Job]:
        """Yields jobs, newest first.

        Args:
            endpoint: Only this endpoint's jobs.
            status: Only jobs of this status.
            top: The size of a page; more pages are asked for as long as the caller iterates.
        """
        wanted = {"endpoint": endpoint, "status": status, "top": top}
        params = {key: value for key, value in wanted.items() if value is not None}
        return self._transport.pages("/jobs", params)

    def list_of_endpoint(self, endpoint: str) -> Iterator[Job]:
        """Yields an endpoint's jobs, newest first; an unknown endpoint is an error."""
        return self._transport.pages(f"/endpoints/{segment(endpoint)}/jobs")

    def outputs(self, name: str) -> Iterator[OutputFile]:
        """Yields a job's output files with short-lived download URLs."""
        return self._transport.pages(f"/jobs/{segment(name)}/outputs")

    def cancel(self, name: str) -> Job | None:
        """Asks a job to stop; one that has ended stays as it is."""
        return self._ask(name, "cancel")

    def resume(self, name: str) -> Job | None:
        """Makes a job that has failed or was canceled score what is missing."""
        return self._ask(name, "resume")

    def _ask(self, name: str, action: str) -> Job | None:
        path = f"/jobs/{segment(name)}/{action}"
        return cast("Job | None", self._transport.request("POST", path, idempotent=True).body)

    def delete(self, name: str) -> None:
        """Deletes a job that has ended; its output stays."""
        self._transport.request("DELETE", f"/jobs/{segment(name)}", idempotent=True)

    def events(self, name: str) -> Iterator[JobEvent]:
        """Yields what happened to a job, in the order of time."""
        return self._transport.pages(f"/jobs/{segment(name)}/events", {"top": 1000})

    def records(self, name: str) -> Iterator[ScoredMiniBatch]:
        """Yields the mini-batches that are scored so far, in the order of the input."""
        return self._transport.pages(f"/jobs/{segment(name)}/records", {"top": 500})

    def logs_in_order(self, name: str) -> Iterator[Log]:
        """Yields what user code printed, in the order of the input, all of it."""
        return self._transport.pages(f"/jobs/{segment(name)}/logs", {"order": "input"})

    def logs(self, name: str, since: str | None = None) -> Iterator[Log]:
        """Yields what user code printed, in the order of writing.

        Args:
            name: The job.
            since: A `written_at` of an earlier entry; entries of that very second come again.
        """
        params = {} if since is None else {"since": since}
        return self._transport.pages(f"/jobs/{segment(name)}/logs", params)
