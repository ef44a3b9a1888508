"""Showing and listing jobs."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.job import Job, JobStatus, Stop, StopReason
from shared.services.clock import Clock
from shared.services.lifecycle import JobLifecycle
from shared.services.logs import LogEntry, LogReader
from shared.services.outputs import OutputFile, Outputs
from shared.services.progress import FirstError, Progress, ProgressReader
from shared.services.stops import StopSignals
from shared.storage.jobs import JobPage, JobRepository


@dataclass(frozen=True)
class JobView:
    """A job with its live progress and its first errors."""

    job: Job
    progress: Progress
    first_errors: tuple[FirstError, ...]


class JobService:
    """The use cases around jobs that exist."""

    def __init__(
        self,
        jobs: JobRepository,
        progress: ProgressReader,
        outputs: Outputs,
        logs: LogReader,
        lifecycle: JobLifecycle,
        stops: StopSignals,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._logs = logs
        self._lifecycle = lifecycle
        self._stops = stops
        self._progress = progress
        self._outputs = outputs
        self._clock = clock

    def view(self, job: Job) -> JobView:
        """Adds the live progress to a job."""
        progress = self._progress.read(job, self._clock())
        errors = self._progress.first_errors(job) if progress.counts.files_failed else ()
        return JobView(job, progress, errors)

    def show(self, name: str) -> JobView:
        """Shows a job as it is now.

        Raises:
            NotFoundError: There is no such job.
        """
        return self.view(self._jobs.get(name).job)

    def list(
        self,
        *,
        endpoint: str | None,
        status: JobStatus | None,
        limit: int,
        continuation: str | None,
    ) -> JobPage:
        """Lists jobs, newest first."""
        return self._jobs.list(
            endpoint=endpoint, status=status, limit=limit, continuation=continuation
        )

    def cancel(self, name: str) -> JobView:
        """Asks a job to stop; one that has ended, or is being finished, stays as it is.

        Raises:
            NotFoundError: There is no such job.
        """
        job = self._lifecycle.move(name, JobStatus.CANCEL_REQUESTED)
        if job.status is JobStatus.CANCEL_REQUESTED:
            self._stops.request(name, Stop(StopReason.CANCELED))
        return self.view(job)

    def logs(self, name: str, since: datetime | None) -> tuple[LogEntry, ...]:
        """Lists what user code printed, in the order of writing.

        Args:
            name: The job.
            since: Only what was written at that second or later.

        Raises:
            NotFoundError: There is no such job.
        """
        return self._logs.read(self._jobs.get(name).job, since)

    def outputs(self, name: str) -> tuple[OutputFile, ...]:
        """Lists the files that a job wrote.

        Raises:
            NotFoundError: There is no such job.
        """
        return self._outputs.list(self._jobs.get(name).job)
