"""Finds jobs whose execution needs a check."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.clock import Clock
from shared.endpoints.time_budget import TimeBudget
from shared.jobs.in_progress import LASTING
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, JobError, JobStatus, Stop, StopReason
from shared.jobs.repository import JobRepository
from shared.jobs.stop_signals import StopSignals
from shared.running.finishing import Finisher
from shared.running.watchdog_repository import WatchdogRepository

NOTED = timedelta(minutes=1)
"""How often a look is noted; the watchdog comes more often."""
STOPPED = timedelta(minutes=5)
"""After so long without a look, the app counts as having been stopped."""
IDLE = timedelta(minutes=15)
"""After so long in which nothing was done for any job, there is nothing left to wait for."""


@dataclass(frozen=True)
class RecoveryLimits:
    """Times after which an orchestration counts as lost.

    Attributes:
        grace: How long the orchestration of a job may be missing after it was started.
        budget: How long scoring a mini-batch may take.
    """

    grace: timedelta
    budget: TimeBudget


class RecoveryService:
    """Finds jobs that have not ended, starts those again that are stuck, and ends hopeless ones."""

    def __init__(
        self,
        jobs: JobRepository,
        looks: WatchdogRepository,
        finisher: Finisher,
        lifecycle: JobLifecycle,
        stops: StopSignals,
        clock: Clock,
        limits: RecoveryLimits,
    ) -> None:
        self._jobs = jobs
        self._looks = looks
        self._finisher = finisher
        self._lifecycle = lifecycle
        self._stops = stops
        self._clock = clock
        self._limits = limits

    def unattended(self) -> tuple[Job, ...]:
        """Jobs that have not ended, and were started longer ago than an orchestration takes to.

        What a cancellation could not say, because its process died, is said on the way.
        """
        active = tuple(self._jobs.active())
        if active:
            self._note_look(active)
        for job in active:
            if job.status is JobStatus.CANCEL_REQUESTED:
                self._stops.request(job.current_run, Stop(StopReason.CANCELED))
        before = self._clock() - self._limits.grace
        return tuple(job for job in active if job.asked_at < before)

    def _note_look(self, active: Sequence[Job]) -> None:
        """Notes that the watchdog looks; if it has not for a while, nobody has done anything.

        The silence of jobs counts from the end of such a time: an app that was stopped is no
        reason to start all of its jobs again.
        """
        now = self._clock()
        last = self._looks.last_look()
        if last is None or now - last > STOPPED:
            for job in active:
                self._jobs.record_heartbeat(job.name, now)
        if last is None or now - last >= NOTED:
            self._looks.note_look(now)

    def is_in_progress(self, job: Job) -> bool:
        """True if a job is still at the same run, and has not ended by now."""
        stored = self._jobs.find(job.name)
        if stored is None or stored.job.status.is_final:
            return False
        return stored.job.run == job.run

    def is_stuck(self, job: Job) -> bool:
        """True if nothing was done for a job for longer than anything in it may take.

        What is to be done for it may have to wait as long behind what is done for others. So it
        counts as stuck much earlier if nothing was done for others either.
        """
        alive_at = self._jobs.last_heartbeat(job.name)
        silent = self._clock() - max(job.asked_at, alive_at or job.asked_at)
        if silent <= IDLE:
            return False
        longest = self._limits.budget.silence(job.settings.retry_settings.timeout)
        return silent > timedelta(seconds=longest) or all(
            self._is_idle(other) for other in self._jobs.active()
        )

    def _is_idle(self, job: Job) -> bool:
        """True if no function works for a job, but to ask whether there is room for it."""
        if job.status in (JobStatus.NOT_STARTED, JobStatus.QUEUED):
            return True
        alive_at = self._jobs.last_heartbeat(job.name)
        if alive_at is not None and self._clock() - alive_at <= IDLE:
            return False
        noted = self._jobs.in_progress.read(job.name, job.run, self._clock() - LASTING)
        return next(noted, None) is None

    def renew(self, job: Job) -> Job | None:
        """Makes the next run of a job that is stuck; the caller starts its orchestration.

        What is left of the current run is stopped, and can change nothing of the job any more.

        Returns:
            The job at its next run; None if it has ended or moved on meanwhile.
        """

        def renewed(current: Job) -> Job:
            if current.run != job.run or current.status.is_final:
                return current
            return replace(current, run=job.run + 1, resumed_at=self._clock())

        changed = self._lifecycle.change(job.name, renewed)
        if changed.run != job.run + 1 or changed.status.is_final:
            return None
        self.stop_earlier(changed)
        return changed

    def stop_earlier(self, job: Job) -> None:
        """Stops what may be left of the run before a job's current one."""
        if job.run > 1:
            earlier = replace(job.current_run, run=job.run - 1)
            self._stops.request(earlier, Stop(StopReason.ENDED))

    def give_up(self, job: Job, reason: str) -> None:
        """Ends a job whose orchestration has failed."""
        self._finisher.finish(
            job.name,
            job.run,
            JobError("ExecutionFailed", f"the job's execution failed: {reason[:2000]}"),
        )
