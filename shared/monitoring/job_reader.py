"""Reads jobs for users: their state and progress, what they wrote, and what happened to them."""

from dataclasses import dataclass
from datetime import datetime

from shared.clock import Clock
from shared.errors import NotFoundError
from shared.jobs.events import EventPage, JobEvent
from shared.jobs.model import Job, JobStatus, RetentionState
from shared.jobs.repository import JobPage, JobRepository
from shared.jobs.retention import Retention
from shared.monitoring.job_summary import read_summary, write_summary
from shared.monitoring.logs import LogEntry, LogPage, LogReader
from shared.monitoring.mini_batch_pages import MiniBatchPage, MiniBatchReader, Place
from shared.monitoring.partial_results import PartialResults, ScoredPage
from shared.monitoring.previews import Preview, Previews
from shared.monitoring.progress import FirstError, Progress, ProgressReader
from shared.outputs.files import OutputFile, Outputs
from shared.storage.ports import BlobStore
from shared.uris import shown_uri


@dataclass(frozen=True)
class JobView:
    """A job with its live progress and its first errors, and how long what is kept of it."""

    job: Job
    progress: Progress
    first_errors: tuple[FirstError, ...]
    retention: Retention


@dataclass(frozen=True)
class PartReaders:
    """Readers of one part each of what belongs to a job."""

    progress: ProgressReader
    mini_batches: MiniBatchReader
    logs: LogReader
    partial_results: PartialResults
    previews: Previews
    outputs: Outputs


class JobReader:
    """Shows jobs, and changes none."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        parts: PartReaders,
        retention: Retention,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._parts = parts
        self._retention = retention
        self._clock = clock

    def show(self, name: str) -> JobView:
        """Shows a job as it is now.

        Raises:
            NotFoundError: There is no such job.
        """
        return self.view(self._jobs.shown(name))

    def view(self, job: Job) -> JobView:
        """Adds the progress to a job, from its summary if its records are gone."""
        if job.records is not RetentionState.PRESENT:
            return JobView(job, *read_summary(self._blobs, job.name), self._retention)
        progress = self._parts.progress.read(job, self._clock())
        failed = progress.counts.files_failed
        errors = self._parts.progress.first_errors(job) if failed else ()
        return JobView(job, progress, errors, self._retention)

    def summarise(self, job: Job) -> None:
        """Keeps what is told of an ended job, before its records go."""
        view = self.view(job)
        write_summary(self._blobs, job.name, view.progress, view.first_errors)

    def list(
        self,
        *,
        endpoint: str | None,
        status: JobStatus | None,
        search: str | None = None,
        limit: int,
        continuation: str | None,
    ) -> JobPage:
        """Lists jobs, newest first; those with a text in them if one is searched for.

        Raises:
            InvalidError: The continuation is none of an earlier page.
        """
        if search:
            return self._jobs.search(
                search, endpoint=endpoint, status=status, limit=limit, continuation=continuation
            )
        return self._jobs.list(
            endpoint=endpoint, status=status, limit=limit, continuation=continuation
        )

    def mini_batches(self, name: str, since: Place | None) -> tuple[Job, MiniBatchPage]:
        """Reads what is known of a job's mini-batches, page by page.

        Raises:
            NotFoundError: There is no such job.
        """
        job = self._jobs.shown(name)
        return job, self._parts.mini_batches.read(job, since)

    def logs(
        self, name: str, since: datetime | None, tail: int | None = None
    ) -> tuple[LogEntry, ...]:
        """Lists what user code printed, in the order of writing.

        Args:
            name: The job.
            since: Only what was written at that second or later.
            tail: Only the last so many of these.

        Raises:
            NotFoundError: There is no such job, or its logs were removed.
        """
        return self._parts.logs.read(self._with_logs(name), since, tail)

    def logs_of(self, name: str, mini_batch: int) -> tuple[LogEntry, ...]:
        """Lists what user code printed for one mini-batch, by attempt.

        Raises:
            NotFoundError: There is no such job, or its logs were removed.
        """
        return self._parts.logs.of_mini_batch(self._with_logs(name), mini_batch)

    def logs_in_order(self, name: str, continuation: str | None) -> LogPage:
        """Lists what user code printed, in the order of the input.

        Raises:
            NotFoundError: There is no such job, or its logs were removed.
            InvalidError: The continuation is none of an earlier answer.
        """
        return self._parts.logs.read_in_order(self._with_logs(name), continuation)

    def events(self, name: str, *, limit: int, continuation: str | None) -> EventPage:
        """Lists what happened to a job.

        Raises:
            NotFoundError: There is no such job, or its logs were removed.
        """
        job = self._with_logs(name)
        page = self._jobs.events.page(name, limit=limit, continuation=continuation)
        if continuation is not None:
            return page
        created = JobEvent(
            job.created_at,
            f"created for the deployment '{job.deployment.name}' of the endpoint "
            f"'{job.endpoint_name}', to score {shown_uri(job.input_uri)}",
        )
        return EventPage((created, *page.events), page.continuation)

    def scored(self, name: str, *, limit: int, continuation: str | None) -> ScoredPage:
        """Lists the mini-batches that have been scored, in the order of the input.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: Its records were removed.
            InvalidError: The continuation is none of an earlier answer.
        """
        return self._parts.partial_results.page(self._jobs.shown(name), limit, continuation)

    def outputs(self, name: str) -> tuple[OutputFile, ...]:
        """Lists the files that a job wrote.

        Raises:
            NotFoundError: There is no such job.
        """
        return self._parts.outputs.list(self._jobs.shown(name))

    def preview(self, name: str, file: str | None, limit: int) -> Preview:
        """Reads the first rows of an output file; the first file if none is named.

        Raises:
            NotFoundError: There is no such job, or it has not written such a file.
        """
        return self._parts.previews.read(self._jobs.shown(name), file, limit)

    def preview_partial(self, name: str, limit: int) -> Preview:
        """Reads the first rows of what is scored so far.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: Its records were removed.
        """
        return self._parts.previews.read_partial(self._jobs.shown(name), limit)

    def _with_logs(self, name: str) -> Job:
        job = self._jobs.shown(name)
        if job.logs is not RetentionState.PRESENT:
            raise NotFoundError(
                f"the logs of the job '{name}' were removed, as it ended long ago",
                code="LogsRemoved",
            )
        return job
