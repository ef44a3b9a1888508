"""What a job wrote: outputs, logs, what happened, and what is scored so far."""

from datetime import datetime

from shared.errors import NotFoundError
from shared.jobs.events import EventPage, JobEvent
from shared.jobs.model import Job, Kept
from shared.jobs.repository import JobRepository
from shared.monitoring.logs import LogEntry, LogPage, LogReader
from shared.monitoring.partial_results import PartialResults, ScoredPage
from shared.outputs.files import OutputFile, Outputs
from shared.uris import shown_uri


class JobContents:
    """Finds what belongs to jobs."""

    def __init__(
        self,
        jobs: JobRepository,
        outputs: Outputs,
        logs: LogReader,
        partial_results: PartialResults,
    ) -> None:
        self._jobs = jobs
        self._outputs = outputs
        self._logs = logs
        self._partial_results = partial_results

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
        return self._logs.read(self._with_logs(name), since, tail)

    def logs_of(self, name: str, mini_batch: int) -> tuple[LogEntry, ...]:
        """Lists what user code printed for one mini-batch, by attempt.

        Raises:
            NotFoundError: There is no such job, or its logs were removed.
        """
        return self._logs.of_mini_batch(self._with_logs(name), mini_batch)

    def logs_in_order(self, name: str, continuation: str | None) -> LogPage:
        """Lists what user code printed, in the order of the input.

        Raises:
            NotFoundError: There is no such job, or its logs were removed.
            InvalidError: The continuation is none of an earlier answer.
        """
        return self._logs.read_in_order(self._with_logs(name), continuation)

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

    def _with_logs(self, name: str) -> Job:
        job = self._jobs.shown(name)
        if job.logs is not Kept.KEPT:
            raise NotFoundError(
                f"the logs of the job '{name}' were removed, as it ended long ago",
                code="LogsRemoved",
            )
        return job

    def scored(self, name: str, *, limit: int, continuation: str | None) -> ScoredPage:
        """Lists the mini-batches that have been scored, in the order of the input.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: Its records were removed.
            InvalidError: The continuation is none of an earlier answer.
        """
        return self._partial_results.page(self._jobs.shown(name), limit, continuation)

    def outputs(self, name: str) -> tuple[OutputFile, ...]:
        """Lists the files that a job wrote.

        Raises:
            NotFoundError: There is no such job.
        """
        return self._outputs.list(self._jobs.shown(name))
