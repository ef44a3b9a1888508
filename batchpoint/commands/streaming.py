"""Follows a job on the terminal: a bar where there is one, lines where there is none."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import click

from batchpoint.commands.joblines import LineFeed, summary_line
from batchpoint.commands.session import Session
from batchpoint.errors import BatchpointError, ErrorDetail
from batchpoint.models import Job


class View(Protocol):
    """Where the states of a job are shown."""

    def show(self, job: Job) -> None:
        """Shows a state."""
        ...

    def note(self, text: str) -> None:
        """Shows a remark."""
        ...


class JobNotCompletedError(BatchpointError):
    """The job has ended, and is not Completed."""


class LineView:
    """Prints a line when it is worth one."""

    def __init__(self, clock: Callable[[], float], *, to_stderr: bool) -> None:
        self._clock = clock
        self._to_stderr = to_stderr
        self._feed = LineFeed()

    def show(self, job: Job) -> None:
        """Prints the state's line, if it is new."""
        line = self._feed.next_line(job, self._clock())
        if line is not None:
            click.echo(line, err=self._to_stderr)

    def note(self, text: str) -> None:
        """Prints a remark to stderr."""
        click.echo(text, err=True)


def stream_job(session: Session, name: str, timeout: float | None) -> None:
    """Follows a job until it ends, and prints what came of it.

    Raises:
        JobNotCompletedError: It has failed or was canceled.
        FollowTimeoutError: It has not ended in time.
    """
    from batchpoint.following import ENDED, Pace, follow  # noqa: PLC0415 - slow to import

    around = session.surroundings
    pace = Pace(sleep=around.sleep, clock=around.clock, timeout=timeout)
    job: Job | None = None
    with _view(session) as view:
        for job in follow(
            lambda: session.client.jobs.show(name),
            pace,
            lambda reason: view.note(f"The connection is lost, trying again: {reason}"),
        ):
            if job["status"] not in ENDED:
                view.show(job)
    if job is not None:
        _finish(session, job)


def _view(session: Session) -> AbstractContextManager[View]:
    if sys.stderr.isatty():
        from batchpoint.commands.progress import job_bar  # noqa: PLC0415 - slow to import

        return job_bar()
    return nullcontext(LineView(session.surroundings.clock, to_stderr=session.wants_result))


def _finish(session: Session, job: Job) -> None:
    click.echo(summary_line(job), err=session.wants_result)
    if session.wants_result:
        session.emit(job)
    if job["status"] == "Completed":
        return
    error = job.get("error")
    reason = f": {error['message']}" if error else ""
    raise JobNotCompletedError(
        f"the job '{job['name']}' is {job['status']}{reason}",
        [ErrorDetail(item["message"], item["file"]) for item in job.get("first_errors") or []],
    )
