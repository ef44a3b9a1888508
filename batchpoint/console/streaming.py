"""Follows a job on the terminal: a bar where there is one, lines where there is none."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

import click

from batchpoint.console.harmless_text import harmless
from batchpoint.console.job_lines import LineFeed, advice, error_lines, summary_line
from batchpoint.console.session import Session
from batchpoint.errors import ApiError, BatchpointError, ErrorDetail, ServiceUnreachableError
from batchpoint.logtail import LogTail
from batchpoint.models import Job


class View(Protocol):
    """Display of the states of a job."""

    def show(self, job: Job) -> None:
        """Shows a state."""
        ...

    def note(self, text: str) -> None:
        """Shows a remark."""
        ...

    def log(self, line: str) -> None:
        """Shows a line that the job's user code has printed."""
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
            click.echo(harmless(line), err=self._to_stderr)

    def note(self, text: str) -> None:
        """Prints a remark to stderr."""
        click.echo(harmless(text), err=True)

    def log(self, line: str) -> None:
        """Prints a line of the logs where the states go."""
        click.echo(harmless(line), err=self._to_stderr)


def stream_job(session: Session, name: str, timeout: float | None) -> None:
    """Follows a job until it ends, and prints what came of it.

    Raises:
        JobNotCompletedError: It has failed or was canceled.
        FollowTimeoutError: It has not ended in time.
    """
    from batchpoint.following import ENDED, Pace, follow  # noqa: PLC0415 - slow to import

    around = session.host
    pace = Pace(sleep=around.sleep, clock=around.clock, timeout=timeout)
    job: Job | None = None
    jobs = session.client.jobs
    tail = LogTail(lambda since: jobs.logs(name, since))
    with _view(session) as view:
        for job in follow(
            lambda: jobs.show(name),
            pace,
            lambda reason: view.note(f"The connection is lost, trying again: {reason}"),
        ):
            ended = job["status"] in ENDED
            _show_logs(tail, view, last=ended)
            if not ended:
                view.show(job)
    if job is not None:
        _finish(session, job)


def _show_logs(tail: LogTail, view: View, *, last: bool) -> None:
    try:
        for line in tail.new_lines():
            view.log(line)
    except ApiError as error:
        # Logs come with a job that runs well; without them, it is worth to be followed still.
        if last and not error.lacks_route:
            view.note(f"The logs cannot be read: {error}")
    except ServiceUnreachableError as error:
        if last:
            view.note(f"The logs cannot be read: {error}")


def _view(session: Session) -> AbstractContextManager[View]:
    if sys.stderr.isatty():
        from batchpoint.console.progress import job_bar  # noqa: PLC0415 - slow to import

        return job_bar()
    return nullcontext(LineView(session.host.clock, to_stderr=session.wants_result))


def _finish(session: Session, job: Job) -> None:
    click.echo(harmless(summary_line(job)), err=session.wants_result)
    if session.wants_result:
        session.emit(job)
    if job["status"] == "Completed":
        return
    error = job.get("error")
    reason = f": {error['message']}" if error else ""
    raise JobNotCompletedError(
        f"the job '{job['name']}' is {job['status']}{reason}",
        [ErrorDetail(line) for line in (*error_lines(job), *advice(job))],
    )
