"""Makes a job ready for its lanes: claims its output, and plans the first of its input."""

from dataclasses import asdict

from shared.errors import BatchpointError, StorageError
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, JobError, JobStatus
from shared.jobs.repository import JobRepository
from shared.jobs.work import Prepared, PrepareWork, lanes_of
from shared.lanes.claim_repository import ChunkClaimRepository
from shared.outputs.files import Outputs
from shared.planning.plan_index import PlanIndex
from shared.planning.planner import Planner


class JobPreparation:
    """Begins the executions of jobs."""

    def __init__(
        self,
        jobs: JobRepository,
        claims: ChunkClaimRepository,
        lifecycle: JobLifecycle,
        outputs: Outputs,
        planner: Planner,
    ) -> None:
        self._jobs = jobs
        self._claims = claims
        self._lifecycle = lifecycle
        self._outputs = outputs
        self._planner = planner

    def prepare(self, work: PrepareWork) -> Prepared:
        """Begins an execution of a job; beginning it again changes nothing.

        Raises:
            StorageError: Storage did not serve; worth a retry.
        """
        job = self._lifecycle.move(work.job, JobStatus.PREPARING, run=work.run)
        error = self._refusal(job, work)
        if error is not None:
            return Prepared(error=asdict(error))
        if work.resume and self._outputs.is_written(job):
            # What is written is what counts: only the end of the job was lost.
            return Prepared()
        if not self._claims.begin(job.name, work.epoch):
            return Prepared(is_superseded=True)
        return self._plan(job)

    def _refusal(self, job: Job, work: PrepareWork) -> JobError | None:
        """Claims the output before anything is scored; returns why the job cannot run."""
        ended = job.status.is_final or job.status is JobStatus.CANCEL_REQUESTED
        if ended or job.run != work.run:
            return JobError("Canceled", "the job was ended before it began")
        owner = self._outputs.claim(job)
        if owner != job.name:
            return JobError(
                "OutputClaimed",
                f"the output '{job.output.file}' is being written by the job '{owner}'; "
                "nothing was scored",
            )
        if job.status is JobStatus.PREPARING and self._outputs.is_taken(job):
            return JobError(
                "OutputExists",
                f"the output '{job.output.file}' exists already; nothing was scored, and the "
                "output was left as it is",
            )
        return None

    def _plan(self, job: Job) -> Prepared:
        plan = PlanIndex(self._jobs, job.name)
        try:
            first = self._planner.plan_page(job.name, 0)
        except StorageError:
            raise
        except BatchpointError as error:
            return Prepared(error=asdict(JobError(error.code, error.message)))
        plan.refresh()
        lanes = lanes_of(job)
        if plan.is_complete:
            return Prepared(lanes=min(lanes, plan.mini_batches))
        if first.cursor is None:
            lanes = min(lanes, first.totals.mini_batches)
        return Prepared(lanes=lanes, page=plan.pages)
