"""Starts the jobs of schedules: one for each time that is due, however often somebody looks.

What is to be done is written down before it is done: first that a time has come (and the next one
is another), then the job, which has one name for each time, then what became of it. So whoever
looks next goes on where the last one was cut off.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from shared.audit_log import log_change
from shared.clock import Clock
from shared.endpoints.repository import EndpointRepository
from shared.errors import BatchpointError, NotFoundError, PreconditionError, StorageError
from shared.jobs.model import Job
from shared.jobs.repository import JobRepository
from shared.running.invocation import InvocationService
from shared.schedules.job_requests import JobRequests
from shared.schedules.model import (
    PendingRun,
    RunOutcome,
    Schedule,
    ScheduleRun,
    ScheduleState,
    advance,
)
from shared.schedules.repository import ScheduleRepository, StoredSchedule

logger = logging.getLogger(__name__)
GIVE_UP = timedelta(hours=1)
MESSAGE_CHARACTERS = 1000
PASSING = (StorageError, PreconditionError)


class Scheduler:
    """Looks after all schedules."""

    def __init__(
        self,
        schedules: ScheduleRepository,
        endpoints: EndpointRepository,
        jobs: JobRepository,
        invocations: InvocationService,
        requests: JobRequests,
        clock: Clock,
    ) -> None:
        self._schedules = schedules
        self._endpoints = endpoints
        self._jobs = jobs
        self._invocations = invocations
        self._requests = requests
        self._clock = clock

    def run_due(self) -> Iterator[Job]:
        """Makes the jobs that are due; the caller starts their orchestrations."""
        for stored in self._schedules.waiting():
            name = f"'{stored.schedule.name}' of the endpoint '{stored.schedule.endpoint_name}'"
            try:
                job = self._process(stored)
            except PreconditionError:
                # Somebody else looks after it just now, or has changed it; the next run sees.
                continue
            except Exception:
                logger.exception("the schedule %s could not be looked after; later again", name)
                continue
            if job is not None:
                log_change("scheduled_job", schedule=name, job=job.name)
                yield job

    def _process(self, stored: StoredSchedule) -> Job | None:
        schedule, state, now = stored.schedule, stored.state, self._clock()
        if state.pending is None:
            if state.next_due is None or state.next_due > now:
                return None
            if not self._has_endpoint(schedule):
                self._schedules.delete(stored)
                return None
            state = advance(schedule.trigger, schedule.missed, state, now)
            stored = self._schedules.replace(stored, schedule, state)
        return None if state.pending is None else self._start(stored, state.pending, now)

    def _has_endpoint(self, schedule: Schedule) -> bool:
        """True if the endpoint is there, and still the one that the schedule was made for."""
        try:
            endpoint = self._endpoints.get(schedule.endpoint_name).endpoint
        except NotFoundError:
            return False
        return endpoint.created_at == schedule.endpoint_made

    def _start(self, stored: StoredSchedule, pending: PendingRun, now: datetime) -> Job | None:
        """Makes the job of a time that has come, or records why there is none."""
        made: Job | None = None
        try:
            run, made = self._run(stored, pending, now)
        except Exception as error:
            is_final = isinstance(error, BatchpointError) and not isinstance(error, PASSING)
            if not is_final and now - pending.since < GIVE_UP:
                raise
            run = ScheduleRun(pending.due_at, now, RunOutcome.FAILED, message=_reason(error))
        self._settle(stored, run)
        return made

    def _settle(self, stored: StoredSchedule, run: ScheduleRun) -> None:
        """Records what became of the time that has come, though others change the schedule too."""
        found: StoredSchedule | None = stored
        pending = stored.state.pending
        while found is not None and found.state.pending == pending:
            state = replace(found.state, pending=None).settled(run)
            try:
                found = self._schedules.replace(found, found.schedule, state)
            except PreconditionError:
                found = self._schedules.find(stored.schedule.endpoint_name, stored.schedule.name)

    def _run(
        self, stored: StoredSchedule, pending: PendingRun, now: datetime
    ) -> tuple[ScheduleRun, Job | None]:
        """Decides the outcome of a due time; returns its job too, if that was made just now."""
        schedule, due_at = stored.schedule, pending.due_at
        request = self._requests.make(schedule, due_at, key=f"{schedule.id}/{due_at.isoformat()}")
        job, made = self._invocations.find(request), None
        if job is None:
            busy = self._unfinished(stored.state)
            if busy is not None:
                message = f"the job '{busy}', which this schedule started, has not ended"
                return ScheduleRun(due_at, now, RunOutcome.SKIPPED, message=message), None
            invoked = self._invocations.invoke(request)
            job, made = invoked.job, invoked.job if invoked.is_new else None
        return ScheduleRun(due_at, now, RunOutcome.STARTED, job.name), made

    def _unfinished(self, state: ScheduleState) -> str | None:
        """A job of an earlier time that has not ended, or was resumed; None if there is none."""
        for run in state.runs:
            found = None if run.job is None else self._jobs.find(run.job)
            if found is not None and not found.job.status.is_final:
                return found.job.name
        return None


def _reason(error: Exception) -> str:
    if isinstance(error, BatchpointError):
        return error.message[:MESSAGE_CHARACTERS]
    return f"it could not be started for {GIVE_UP}; the service's log says why"
