"""Lets jobs onto computes: `max_instances` bounds what all running jobs take together."""

from typing import Protocol

from shared.endpoints.time_budget import TimeBudget
from shared.errors import ConflictError, InvalidError
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, JobStatus
from shared.jobs.repository import JobRepository
from shared.jobs.work import Admission
from shared.running.compute_queue import ComputeQueue
from shared.running.compute_queue_repository import ComputeQueueRepository
from shared.targets import Targets

SECONDS_AT_THE_HEAD = 1
SECONDS_BEHIND = 5
MAX_SECONDS_BEHIND = 60
# How many jobs that wait may ask in a second, all together.
ASKS_PER_SECOND = 10


class Computes(Protocol):
    """Tells how large computes are."""

    def max_instances(self, compute: str) -> int | None:
        """Returns the maximum number of instances of a compute; None if it does not exist."""
        ...


class AdmissionService:
    """Keeps the line before each compute."""

    def __init__(
        self,
        lines: ComputeQueueRepository,
        computes: Computes,
        jobs: JobRepository,
        lifecycle: JobLifecycle,
        budget: TimeBudget,
    ) -> None:
        self._lines = lines
        self._computes = computes
        self._jobs = jobs
        self._lifecycle = lifecycle
        self._budget = budget

    def check(self, job: Job, targets: Targets) -> None:
        """Refuses a job that asks for more than its compute or the host has.

        Args:
            job: One that is not stored yet.
            targets: What errors call the fields of the invocation.

        Raises:
            InvalidError: It does.
            ConflictError: Too many jobs wait for the compute already.
        """
        timeout = job.settings.retry_settings.timeout
        self._budget.check(timeout, targets.of("settings.timeout"))
        compute = job.settings.compute
        maximum = self._maximum(job)
        if maximum is not None and compute.instance_count > maximum:
            raise InvalidError(
                f"the job asks for {compute.instance_count} instances, but the compute "
                f"'{compute.target}' has at most {maximum}",
                target=targets.of("settings.instance_count"),
                code="ComputeTooSmall",
            )
        if maximum is not None and compute.target and self._lines.is_full(compute.target):
            raise ConflictError(
                f"{len(self._lines.get(compute.target).places)} jobs wait for the compute "
                f"'{compute.target}' already; come again when some have ended, or give it more "
                "instances",
                code="QueueFull",
                target=targets.of("settings.compute"),
            )

    def ask(self, name: str) -> Admission:
        """Asks for a job's place, in the order in which jobs asked first.

        One that is to stop need not wait for it.

        Raises:
            NotFoundError: There is no such job.
        """
        job = self._jobs.get(name).job
        if job.status is JobStatus.CANCEL_REQUESTED:
            return Admission(is_admitted=True)
        maximum = self._maximum(job)
        if job.settings.compute.target is None or maximum is None:
            return Admission(is_admitted=True)
        compute, count = job.settings.compute.target, job.settings.compute.instance_count
        line = self._lines.change(
            compute, lambda current: current.join(name, count).admit(max(maximum, count))
        )
        if line.is_admitted(name):
            return Admission(is_admitted=True)
        gone = self._gone(line)
        if gone:
            line = self._lines.change(
                compute, lambda current: current.leave(gone).admit(max(maximum, count))
            )
        if line.is_admitted(name):
            return Admission(is_admitted=True)
        self._lifecycle.move(name, JobStatus.QUEUED)
        return Admission(is_admitted=False, seconds=_pause(line.position(name) or 0))

    def release(self, job: Job) -> None:
        """Gives a job's place back."""
        if job.settings.compute.target is None:
            return
        maximum = self._maximum(job) or 0
        self._lines.change(
            job.settings.compute.target, lambda line: line.leave({job.name}).admit(maximum)
        )

    def remove_empty(self) -> int:
        """Removes the lines in which only jobs are that have ended or vanished; tells how many."""
        removed = 0
        for compute, line in list(self._lines.all()):
            gone = self._gone(line)
            if gone:
                maximum = self._computes.max_instances(compute) or 0
                self._lines.change(
                    compute,
                    lambda line, gone=gone, maximum=maximum: line.leave(gone).admit(maximum),
                )
            removed += self._lines.drop_empty(compute)
        return removed

    def _maximum(self, job: Job) -> int | None:
        target = job.settings.compute.target
        return None if target is None else self._computes.max_instances(target)

    def _gone(self, line: ComputeQueue) -> set[str]:
        """Jobs that keep others waiting, though they have ended or vanished.

        Of those that wait, only the first one does.
        """
        admitted = [place.job for place in line.places if place.is_admitted]
        waiting = [place.job for place in line.places if not place.is_admitted]
        gone: set[str] = set()
        for job in [*admitted, *waiting[:1]]:
            stored = self._jobs.find(job)
            if stored is None or stored.job.status.is_final:
                gone.add(job)
        return gone


def _pause(position: int) -> int:
    """Seconds until a job asks again: the longer, the more jobs are before it in the line."""
    if not position:
        return SECONDS_AT_THE_HEAD
    return min(MAX_SECONDS_BEHIND, max(SECONDS_BEHIND, position // ASKS_PER_SECOND))
