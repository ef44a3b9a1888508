"""Creating, showing, pausing and deleting the schedules of endpoints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.clock import Clock
from shared.documents.validation import invalid
from shared.endpoints.children import EndpointChildren, is_of
from shared.endpoints.model import Endpoint
from shared.endpoints.repository import EndpointRepository
from shared.errors import BatchpointError, ErrorDetail
from shared.jobs.model import Job
from shared.jobs.repository import JobRepository
from shared.principal import Principal
from shared.running.invocation import InvocationService
from shared.schedules.documents import read_schedule
from shared.schedules.job_requests import JobRequests, within_create_job
from shared.schedules.model import CREATE_JOB, Schedule, ScheduleState
from shared.schedules.repository import ScheduleRepository, StoredSchedule
from shared.uris import shown_uri


@dataclass(frozen=True)
class ScheduleView:
    """A schedule, how far it has come, and the last job that it started, if that is there."""

    schedule: Schedule
    state: ScheduleState
    last_job: Job | None


@dataclass(frozen=True)
class SchedulePage:
    """Some schedules by name, and where the next ones start."""

    views: tuple[ScheduleView, ...]
    continuation: str | None


class ScheduleService:
    """The use cases around schedules."""

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
        self._children = EndpointChildren("schedule", schedules, endpoints)
        self._jobs = jobs
        self._invocations = invocations
        self._requests = requests
        self._clock = clock

    def put(
        self, endpoint_name: str, name: str, document: Mapping[str, Any], caller: Principal
    ) -> tuple[ScheduleView, bool]:
        """Creates a schedule, or replaces what one of that name says.

        Its jobs are checked as an invocation is: one that could not be made is refused here.

        Returns:
            The schedule, and whether it is new.

        Raises:
            InvalidError: The document, or its invocation, breaks the rules.
            NotFoundError: There is no such endpoint, deployment, datastore or input.
            ConflictError: The endpoint has no deployment that could score, or the output exists.
        """
        endpoint = self._children.endpoint(endpoint_name)
        made = self._checked(self._make(endpoint, name, document, caller))

        def change(found: StoredSchedule | None) -> tuple[Schedule, ScheduleState]:
            if found is not None:
                return self._renewed(found, made)
            return made, ScheduleState(made.trigger.next_after(self._clock()))

        def write(
            found: StoredSchedule | None, changed: tuple[Schedule, ScheduleState]
        ) -> tuple[ScheduleView, bool]:
            if found is not None:
                return self._view(self._schedules.replace(found, *changed)), False
            return self._view(self._schedules.create(*changed)), True

        return self._children.put(endpoint, name, change, write)

    def get(self, endpoint_name: str, name: str) -> ScheduleView:
        """Shows a schedule.

        Raises:
            NotFoundError: There is no such endpoint or schedule.
        """
        return self._view(self._children.get(endpoint_name, name))

    def list(self, endpoint_name: str, *, limit: int, continuation: str | None) -> SchedulePage:
        """Lists an endpoint's schedules by name.

        Raises:
            NotFoundError: There is no such endpoint.
        """
        endpoint = self._children.endpoint(endpoint_name)
        found, following = self._schedules.list(
            endpoint.name, limit=limit, continuation=continuation
        )
        own: Sequence[StoredSchedule] = [item for item in found if is_of(item, endpoint)]
        return SchedulePage(tuple(self._view(item) for item in own), following)

    def pause(self, endpoint_name: str, name: str) -> ScheduleView:
        """Makes a schedule start nothing; what is due meanwhile is not caught up.

        Raises:
            NotFoundError: There is no such endpoint or schedule.
        """
        return self._change(endpoint_name, name, lambda _, state: replace(state, is_paused=True))

    def resume(self, endpoint_name: str, name: str) -> ScheduleView:
        """Makes a paused schedule go on, from the next time that is due.

        Raises:
            NotFoundError: There is no such endpoint or schedule.
        """

        def resumed(schedule: Schedule, state: ScheduleState) -> ScheduleState:
            if not state.is_paused:
                return state
            following = schedule.trigger.next_after(self._clock())
            return replace(state, is_paused=False, next_due=following)

        return self._change(endpoint_name, name, resumed)

    def delete(self, endpoint_name: str, name: str) -> None:
        """Deletes a schedule; its jobs stay.

        Raises:
            NotFoundError: There is no such endpoint or schedule.
        """
        self._children.delete(endpoint_name, name)

    def _make(
        self, endpoint: Endpoint, name: str, document: Mapping[str, Any], caller: Principal
    ) -> Schedule:
        form = read_schedule(document, name=name, endpoint=endpoint.name)
        now = self._clock()
        return Schedule(
            name=name,
            endpoint_name=endpoint.name,
            id=uuid4().hex,
            endpoint_made=endpoint.created_at,
            trigger=form.trigger,
            create_job=form.create_job,
            created_by=caller.as_creator(),
            created_at=now,
            updated_at=now,
            missed=form.missed,
            deployment_name=form.deployment_name,
            display_name=form.display_name,
            description=form.description,
            tags=form.tags,
        )

    def _checked(self, schedule: Schedule) -> Schedule:
        """The schedule with the places that its jobs use, once such a job would be taken."""
        first = schedule.trigger.next_after(self._clock())
        if first is None:
            reason = "has passed before anything is due"
            raise invalid([ErrorDetail(reason, "trigger.end_time")])
        second = schedule.trigger.next_after(first) or first + timedelta(days=1)
        jobs = [self._dry_run(schedule, time, with_input=False) for time in (first, second)]
        if jobs[0].output == jobs[1].output:
            message = (
                f"every job would write '{jobs[0].output.file}', which must not exist; put "
                "${{creation_context.trigger_time}} into the output's path or file name, or leave "
                "the path out, so that each job gets a folder of its own"
            )
            raise invalid([ErrorDetail(message, CREATE_JOB, "SameOutput")])
        if jobs[0].input_uri == jobs[1].input_uri:
            self._dry_run(schedule, first, with_input=True)
        places = (shown_uri(jobs[0].input_uri), str(jobs[0].output.folder))
        return replace(schedule, places=places)

    def _dry_run(self, schedule: Schedule, due_at: datetime, *, with_input: bool) -> Job:
        request = self._requests.make(schedule, due_at, key=None)
        try:
            return self._invocations.dry_run(request, with_input=with_input)
        except BatchpointError as error:
            raise within_create_job(error) from error

    def _renewed(self, found: StoredSchedule, made: Schedule) -> tuple[Schedule, ScheduleState]:
        """Returns the stored state with the new document; a time that has just come is kept."""
        old, state = found.schedule, found.state
        schedule = replace(
            made,
            id=old.id,
            name=old.name,
            created_by=old.created_by,
            created_at=old.created_at,
        )
        if schedule.trigger != old.trigger:
            state = replace(state, next_due=schedule.trigger.next_after(self._clock()))
        return schedule, state

    def _change(
        self,
        endpoint_name: str,
        name: str,
        change: Callable[[Schedule, ScheduleState], ScheduleState],
    ) -> ScheduleView:
        def write(stored: StoredSchedule, state: ScheduleState) -> StoredSchedule:
            if state == stored.state:
                return stored
            return self._schedules.replace(stored, stored.schedule, state)

        changed = self._children.change(
            endpoint_name, name, lambda stored: change(stored.schedule, stored.state), write
        )
        return self._view(changed)

    def _view(self, stored: StoredSchedule) -> ScheduleView:
        started = next((run.job for run in stored.state.runs if run.job is not None), None)
        found = None if started is None else self._jobs.find(started)
        job = None if found is None or found.job.is_deleted else found.job
        return ScheduleView(stored.schedule, stored.state, job)
