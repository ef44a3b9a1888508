"""Cancels, resumes and deletes jobs."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from shared.clock import Clock
from shared.errors import ConflictError, ForbiddenError
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, JobStatus, RetentionState, Stop, StopReason
from shared.jobs.repository import JobRepository
from shared.jobs.stop_signals import StopSignals
from shared.outputs.files import Outputs
from shared.principal import Principal, Role


class JobService:
    """Changes jobs that exist."""

    def __init__(
        self,
        jobs: JobRepository,
        outputs: Outputs,
        lifecycle: JobLifecycle,
        stops: StopSignals,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._outputs = outputs
        self._lifecycle = lifecycle
        self._stops = stops
        self._clock = clock

    def cancel(self, name: str, caller: Principal) -> Job:
        """Asks a job to stop; one that has ended, or is being finished, stays as it is.

        Raises:
            NotFoundError: There is no such job.
            ForbiddenError: It is somebody else's, and the caller is no contributor.
        """
        _check_owner(self._jobs.shown(name), caller)
        job = self._lifecycle.move(name, JobStatus.CANCEL_REQUESTED)
        if job.status is JobStatus.CANCEL_REQUESTED:
            self._stops.request(job.current_run, Stop(StopReason.CANCELED))
        return job

    def resume(self, name: str, caller: Principal) -> Job:
        """Makes a failed or canceled job ready to go on; the caller starts its orchestration.

        Raises:
            NotFoundError: There is no such job.
            ForbiddenError: It is somebody else's, and the caller is no contributor.
            ConflictError: It has not failed and was not canceled, its records were removed, or its
                output exists.
        """
        job = self._jobs.shown(name)
        _check_owner(job, caller)
        if job.status not in {JobStatus.FAILED, JobStatus.CANCELED}:
            raise ConflictError(
                f"the job '{name}' is {job.status}; only a failed or canceled one is resumed",
                code="NotResumable",
            )
        _check_records(job)
        if self._outputs.is_taken(job):
            raise ConflictError(
                f"the output '{job.output.file}' exists; the job cannot write it any more",
                code="OutputExists",
            )
        self._stops.request(job.current_run, Stop(StopReason.CANCELED))
        return self._lifecycle.change(name, partial(_resumed, job.run, self._clock()))

    def delete(self, name: str) -> None:
        """Deletes a job that has ended, and soon all that is left of it, but not its output.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: It has not ended.
        """
        self._jobs.shown(name)
        self._lifecycle.change(name, _deleted)


def _check_owner(job: Job, caller: Principal) -> None:
    if not caller.may(Role.CONTRIBUTOR) and not caller.made(job.created_by):
        raise ForbiddenError(
            f"the job '{job.name}' is somebody else's; to change it takes {Role.CONTRIBUTOR}",
            code="NotYourJob",
        )


def _resumed(run: int, now: datetime, job: Job) -> Job:
    """The job's next run, unless somebody else has resumed it already."""
    if job.run != run:
        raise ConflictError(f"the job '{job.name}' has just been resumed", code="NotResumable")
    _check_records(job)
    return replace(
        job,
        status=JobStatus.NOT_STARTED,
        run=run + 1,
        resumed_at=now,
        error=None,
        started_at=None,
        ended_at=None,
        logs=RetentionState.PRESENT,
    )


def _check_records(job: Job) -> None:
    if job.records is not RetentionState.PRESENT:
        raise ConflictError(
            f"the job '{job.name}' cannot be resumed any more: what it had scored was removed, "
            "as it ended long ago; invoke the endpoint again instead",
            code="RecordsRemoved",
        )


def _deleted(job: Job) -> Job:
    if not job.status.is_final:
        raise ConflictError(
            f"the job '{job.name}' is {job.status}; cancel it first, and delete it when it "
            "has ended",
            code="JobRunning",
        )
    return replace(job, is_deleted=True, records=RetentionState.REMOVING)
