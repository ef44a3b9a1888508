"""Wires the services of schedules."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.endpoints.build import EndpointServices
from shared.jobs.build import JobServices
from shared.running.build import RunningServices
from shared.schedules.job_requests import JobRequests
from shared.schedules.repository import ScheduleRepository
from shared.schedules.scheduler import Scheduler
from shared.schedules.service import ScheduleService


@dataclass(frozen=True)
class ScheduleServices:
    """Schedules, and the jobs that these start."""

    service: ScheduleService
    scheduler: Scheduler


def build_schedules(
    repository: ScheduleRepository,
    endpoints: EndpointServices,
    jobs: JobServices,
    running: RunningServices,
    requests: JobRequests,
    clock: Clock,
) -> ScheduleServices:
    """Makes the services of the room."""
    invocations = running.invocations
    return ScheduleServices(
        service=ScheduleService(
            repository, endpoints.repository, jobs.repository, invocations, requests, clock
        ),
        scheduler=Scheduler(
            repository, endpoints.repository, jobs.repository, invocations, requests, clock
        ),
    )
