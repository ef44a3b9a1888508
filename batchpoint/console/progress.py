"""Progress bars on stderr; imported only where that is a terminal."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from batchpoint.console.harmless_text import harmless
from batchpoint.console.job_lines import state_line
from batchpoint.models import Job


@contextmanager
def byte_bar(title: str, size: int) -> Generator[Callable[[int], None], None, None]:
    """A bar of bytes; yields what is to be told of each piece of them."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(harmless(title), total=size)
        yield lambda count: progress.advance(bar, count)


class JobBar:
    """A bar of a job's files, with its counts and rate beside it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = progress.add_task("Waiting", total=None)

    def show(self, job: Job) -> None:
        """Moves the bar to a state."""
        counts = job["counts"]
        files = counts["files"]
        self._progress.update(
            self._bar,
            description=harmless(state_line(job)),
            completed=files["scored"] + files["failed"],
            total=files["total"] if counts["planning_complete"] else None,
        )

    def note(self, text: str) -> None:
        """Prints a remark above the bar."""
        self._progress.console.print(harmless(text), markup=False, highlight=False)

    def log(self, line: str) -> None:
        """Prints a line of the logs above the bar."""
        self._progress.console.print(harmless(line), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def job_bar() -> Generator[JobBar, None, None]:
    """A bar for a job; it is gone when the job has ended."""
    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield JobBar(progress)
