"""The functions that look into a job: its mini-batches, and the beginning of its output."""

import re
from collections.abc import Iterable, Sequence

import azure.functions as func

from api.answers.job_contents import MiniBatchPage as MiniBatchPageAnswer
from api.answers.job_contents import OutputPreview
from api.requests import flag, page_size
from api.responses import json_response
from api.routes import GuardedApp, Route, register
from shared.errors import InvalidError
from shared.jobs.model import Job
from shared.jobs.records import RecordCounts
from shared.monitoring.job_reader import JobReader
from shared.monitoring.mini_batch_pages import MiniBatchPage, Place
from shared.monitoring.previews import Preview
from shared.principal import Role

JOB = "jobs/{job}"
READER = Role.READER
PLACE = re.compile(r"([0-9]{1,6})-([0-9]{1,6})")


class JobDetailRoutes:
    """Shows what is in a job."""

    def __init__(self, jobs: JobReader) -> None:
        self._jobs = jobs

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        for route in (
            Route("list_job_mini_batches", "GET", f"{JOB}/mini-batches", self.mini_batches, READER),
            Route("preview_job_output", "GET", f"{JOB}/outputs/preview", self.preview, READER),
        ):
            register(app, route)

    def mini_batches(self, req: func.HttpRequest) -> func.HttpResponse:
        """Tells what is known of the mini-batches, or what came since an earlier answer."""
        since = _place(req.params.get("since"))
        job, page = self._jobs.mini_batches(req.route_params["job"], since)
        return json_response(mini_batch_document(job, page))

    def preview(self, req: func.HttpRequest) -> func.HttpResponse:
        """Shows the first rows of an output file, or of what is scored so far."""
        job, limit = req.route_params["job"], page_size(req, default=20)
        name = req.params.get("name")
        if not flag(req, "partial"):
            return json_response(_preview_document(self._jobs.preview(job, name, limit)))
        if name is not None:
            raise InvalidError("goes without partial, which is no file yet", target="name")
        return json_response(_preview_document(self._jobs.preview_partial(job, limit)))


def mini_batch_document(job: Job, page: MiniBatchPage) -> MiniBatchPageAnswer:
    """One page as columns of numbers: there may be 100,000 mini-batches."""
    counts = [item for _, item in page.mini_batches]
    created_at = job.created_at.timestamp()
    return {
        "run": job.run,
        "total": job.plan.mini_batches,
        "first": page.first,
        "last": page.last,
        "spans": _spans(number for number, _ in page.mini_batches),
        "running": _spans(page.running),
        "files": [item.files for item in counts],
        "failed": [item.failed for item in counts],
        "rows": [item.rows for item in counts],
        "attempts": [item.attempts for item in counts],
        "milliseconds": [round(item.seconds * 1000) for item in counts],
        "pieces": _pieces(counts),
        "ended": [
            round((item.ended_at - created_at) * 1000) if item.ended_at else None for item in counts
        ],
        "next": None if page.following is None else _text(page.following),
        "since": _text(page.settled),
    }


def _preview_document(preview: Preview) -> OutputPreview:
    return {
        "name": preview.name,
        "columns": None if preview.columns is None else list(preview.columns),
        "rows": [list(row) for row in preview.rows],
        "is_complete": preview.is_complete,
    }


def _pieces(counts: Sequence[RecordCounts]) -> list[int | None]:
    """Returns the number of each file's piece, counted from 1; empty if no file is a piece."""
    pieces = [None if item.piece is None else item.piece + 1 for item in counts]
    return pieces if any(pieces) else []


def _place(text: str | None) -> Place | None:
    """Reads what a page answered as `next` or `since`.

    Raises:
        InvalidError: No page answered this.
    """
    if text is None:
        return None
    found = PLACE.fullmatch(text)
    if found is None:
        raise InvalidError(
            f"must be a `since` or `next` of an earlier answer, such as 1-40, not '{text[:80]}'",
            target="since",
        )
    return Place(int(found[1]), int(found[2]))


def _text(place: Place) -> str:
    return f"{place.run}-{place.segment}"


def _spans(numbers: Iterable[int]) -> list[list[int]]:
    """Ascending numbers as runs, each with its first number and its length."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == sum(spans[-1]):
            spans[-1][1] += 1
        else:
            spans.append([number, 1])
    return spans
