"""Which jobs need somebody to look after their execution."""

from datetime import timedelta

from shared.domain.job import Job, JobError
from shared.services.clock import Clock
from shared.services.finishing import Finisher
from shared.storage.jobs import JobRepository


class RecoveryService:
    """Finds jobs that have not ended, and ends those that cannot go on."""

    def __init__(
        self, jobs: JobRepository, finisher: Finisher, clock: Clock, grace: timedelta
    ) -> None:
        self._jobs = jobs
        self._grace = grace
        self._finisher = finisher
        self._clock = clock

    def unattended(self) -> tuple[Job, ...]:
        """Jobs that have not ended and are older than the start of an orchestration takes."""
        before = self._clock() - self._grace
        return tuple(job for job in self._jobs.active() if job.created_at < before)

    def give_up(self, job: Job, reason: str) -> None:
        """Ends a job whose orchestration has failed."""
        self._finisher.finish(
            job.name,
            job.run,
            JobError("ExecutionFailed", f"the job's execution failed: {reason[:2000]}"),
        )
