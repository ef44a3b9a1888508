"""Showing and listing jobs."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from shared.domain.job import Job, JobStatus, Stop, StopReason
from shared.errors import ConflictError
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
            self._stops.request(name, job.run, Stop(StopReason.CANCELED))
        return self.view(job)

    def resume(self, name: str) -> Job:
        """Makes a failed or canceled job ready to go on; the caller starts its orchestration.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: It has not failed and was not canceled, or its output exists.
        """
        job = self._jobs.get(name).job
        if job.status not in {JobStatus.FAILED, JobStatus.CANCELED}:
            raise ConflictError(
                f"the job '{name}' is {job.status}; only a failed or canceled one is resumed",
                code="NotResumable",
            )
        if self._outputs.is_taken(job):
            raise ConflictError(
                f"the output '{job.output.file}' exists; the job cannot write it any more",
                code="OutputExists",
            )
        self._stops.request(name, job.run, Stop(StopReason.CANCELED))
        return self._lifecycle.change(name, partial(_resumed, job.run, self._clock()))

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


def _resumed(run: int, now: datetime, job: Job) -> Job:
    """The job's next run, unless somebody else has resumed it already."""
    if job.run != run:
        raise ConflictError(f"the job '{job.name}' has just been resumed", code="NotResumable")
    return replace(
        job,
        status=JobStatus.NOT_STARTED,
        run=run + 1,
        resumed_at=now,
        error=None,
        started_at=None,
        ended_at=None,
    )
