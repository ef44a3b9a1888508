"""Wires the services around stored jobs and their signals."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.jobs.frozen import FrozenJobs
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.lifecycle import Announce, JobLifecycle
from shared.jobs.repository import JobRepository
from shared.jobs.stop_signals import StopSignals


@dataclass(frozen=True)
class JobServices:
    """Jobs as they are stored, and the signals of their execution."""

    repository: JobRepository
    frozen: FrozenJobs
    lifecycle: JobLifecycle
    stops: StopSignals
    heartbeat: Heartbeat


def build_jobs(repository: JobRepository, announce: Announce, clock: Clock) -> JobServices:
    """Makes the services of the room; `announce` marks on a job what webhooks are to be told."""
    return JobServices(
        repository=repository,
        frozen=FrozenJobs(repository),
        lifecycle=JobLifecycle(repository, clock, announce),
        stops=StopSignals(repository),
        heartbeat=Heartbeat(repository, clock),
    )
