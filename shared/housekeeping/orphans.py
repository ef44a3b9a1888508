"""Removes what was left when a process died between two writes: names, claims, empty lines."""

from collections import Counter
from datetime import timedelta

from shared.clock import Clock
from shared.housekeeping.expired_jobs import Claim, ExpiredJobs, was_taken_before
from shared.jobs.model import JobStatus, RetentionState
from shared.jobs.repository import JobRepository
from shared.running.admission import AdmissionService
from shared.storage.bulk_delete import Budget

NAMES_AT_ONCE = 500
NAME_SAFETY = timedelta(days=1)


class OrphanRemoval:
    """The part of housekeeping that looks after what belongs to no job."""

    def __init__(
        self,
        expired_jobs: ExpiredJobs,
        jobs: JobRepository,
        admission: AdmissionService,
        clock: Clock,
    ) -> None:
        self._expired_jobs = expired_jobs
        self._jobs = jobs
        self._admission = admission
        self._clock = clock

    def run(self, budget: Budget, removed: Counter[str], cursor: str | None) -> str | None:
        """Removes what is left over; names are looked through a part at a time.

        Args:
            budget: When to stop.
            removed: What is counted up.
            cursor: Where to continue with the names.

        Returns:
            Where to go on the next time.
        """
        removed["lines"] += self._admission.remove_empty()
        for claim in self._expired_jobs.claims():
            if self._is_dead(claim):
                removed["claims"] += self._expired_jobs.release(claim)
        for taken in self._expired_jobs.half_forgotten():
            if not taken.has_job:
                removed["names"] += self._expired_jobs.free(taken)
        return cursor if budget.is_spent else self._names(removed, cursor)

    def _names(self, removed: Counter[str], cursor: str | None) -> str | None:
        before = self._clock() - NAME_SAFETY
        names, following = self._expired_jobs.names(NAMES_AT_ONCE, cursor)
        for taken in names:
            if not taken.has_job and was_taken_before(taken, before):
                removed["names"] += self._expired_jobs.free(taken)
        return following

    def _is_dead(self, claim: Claim) -> bool:
        """True if the job of a claim cannot write its output any more."""
        stored = self._jobs.find(claim.job)
        if stored is None:
            return True
        job = stored.job
        return job.status is JobStatus.COMPLETED or job.records is not RetentionState.PRESENT
