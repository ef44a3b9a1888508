"""Ends jobs: has their output written, or says why there is none, and releases what they held."""

from dataclasses import replace

from shared.clock import Clock
from shared.inputs.url_secrets import InputSignatures
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, JobError, JobStatus, Stop, StopReason
from shared.jobs.repository import JobRepository
from shared.jobs.stop_signals import StopSignals
from shared.outputs.files import Outputs
from shared.outputs.writer import OutputWriter
from shared.running.admission import AdmissionService
from shared.webhooks.deliveries import WebhookDispatcher

MESSAGE_CHARACTERS = 8000
WEBHOOK_SECONDS = 15.0


class JobRelease:
    """Releases what others may have once a job has ended; doing it again changes nothing."""

    def __init__(
        self, outputs: Outputs, admission: AdmissionService, signatures: InputSignatures
    ) -> None:
        self._outputs = outputs
        self._admission = admission
        self._signatures = signatures

    def release(self, job: Job) -> None:
        """Releases the job's output, its place on the compute and its input's secret."""
        self._outputs.release(job)
        self._admission.release(job)
        if job.status is JobStatus.COMPLETED:
            # Nothing reads its input any more; any other job may be resumed.
            self._signatures.forget(job.name, job.input_key)


class Finisher:
    """Moves a job to its final status."""

    def __init__(
        self,
        jobs: JobRepository,
        writer: OutputWriter,
        stops: StopSignals,
        release: JobRelease,
        lifecycle: JobLifecycle,
        dispatcher: WebhookDispatcher,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._writer = writer
        self._stops = stops
        self._release = release
        self._lifecycle = lifecycle
        self._dispatcher = dispatcher
        self._clock = clock

    def finish_and_notify(self, name: str, run: int, error: JobError | None) -> JobStatus:
        """Ends a run as `finish` does, and sends what webhooks are to get of the job at once."""
        status = self.finish(name, run, error)
        self._dispatcher.deliver_now(name, WEBHOOK_SECONDS)
        return status

    def finish(self, name: str, run: int, error: JobError | None) -> JobStatus:
        """Ends a run of a job; ending it again changes nothing.

        Args:
            name: The job.
            run: Which run ends; if the job has been resumed since, nothing happens.
            error: Why it failed; None if everything was scored.

        Returns:
            The status that the job has from now on.
        """
        job = self._lifecycle.move(name, JobStatus.FINALIZING, run=run)
        if job.run != run:
            return JobStatus.CANCELED
        if job.status.is_final:
            return self._released(job)
        if job.status is JobStatus.CANCEL_REQUESTED:
            return self._end(job, JobStatus.CANCELED, None)
        stop = self._jobs.find_stop(name, run)
        if stop is not None and stop.reason is not StopReason.ENDED:
            error = self._stop_error(job, stop)
        problem = error or self._writer.write(job)
        return self._end(job, JobStatus.FAILED if problem else JobStatus.COMPLETED, problem)

    def _end(self, job: Job, status: JobStatus, error: JobError | None) -> JobStatus:
        if error is not None:
            # A job is one entity of bounded size: no endless message may keep it from ending.
            error = replace(error, message=error.message[:MESSAGE_CHARACTERS])
        if status is not JobStatus.COMPLETED:
            # Chunks outlive a parent that failed: they must not score on when others have the room.
            self._stops.request(job.current_run, Stop(StopReason.ENDED))

        def ended(current: Job) -> Job:
            if current.status.is_final or current.run != job.run:
                return current
            return replace(current, status=status, error=error, ended_at=self._clock())

        changed = self._lifecycle.change(job.name, ended)
        return self._released(changed) if changed.run == job.run else JobStatus.CANCELED

    def _released(self, job: Job) -> JobStatus:
        self._release.release(job)
        return job.status

    def _stop_error(self, job: Job, stop: Stop) -> JobError:
        if stop.reason is StopReason.FAILED:
            return JobError(stop.code, stop.detail)
        if stop.reason is StopReason.INIT_FAILED:
            return JobError("ScorerInitFailed", f"the model cannot be loaded: {stop.detail}")
        return self._writer.threshold_error(job)
