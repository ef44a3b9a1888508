"""Wires the services that start, admit, change and end jobs."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.endpoints.build import EndpointServices
from shared.inputs.build import InputServices
from shared.jobs.build import JobServices
from shared.lanes.build import LaneServices
from shared.outputs.build import OutputServices
from shared.planning.build import PlanningServices
from shared.running.admission import AdmissionService
from shared.running.compute_queue_repository import ComputeQueueRepository
from shared.running.finishing import Finisher, JobRelease
from shared.running.invocation import InvocationService
from shared.running.job_service import JobService
from shared.running.preparation import JobPreparation
from shared.running.recovery import RecoveryLimits, RecoveryService
from shared.running.watchdog_repository import WatchdogRepository
from shared.storage.ports import TableStore
from shared.webhooks.build import WebhookServices


@dataclass(frozen=True)
class RunningServices:
    """Services that run jobs, from their invocation to their end."""

    admission: AdmissionService
    invocations: InvocationService
    jobs: JobService
    preparation: JobPreparation
    release: JobRelease
    finisher: Finisher
    recovery: RecoveryService


def build_running(
    tables: TableStore,
    *,
    endpoints: EndpointServices,
    jobs: JobServices,
    inputs: InputServices,
    webhooks: WebhookServices,
    planning: PlanningServices,
    lanes: LaneServices,
    outputs: OutputServices,
    limits: RecoveryLimits,
    clock: Clock,
) -> RunningServices:
    """Makes the services of the room."""
    repository, lifecycle, stops, files = jobs.repository, jobs.lifecycle, jobs.stops, outputs.files
    references = endpoints.references
    admission = AdmissionService(
        ComputeQueueRepository(tables), references, repository, lifecycle, limits.budget
    )
    release = JobRelease(files, admission, inputs.reader.signatures)
    finisher = Finisher(
        repository, outputs.writer, stops, release, lifecycle, webhooks.dispatcher, clock
    )
    looks = WatchdogRepository(tables)
    return RunningServices(
        admission=admission,
        invocations=InvocationService(
            endpoints.repository, repository, inputs.reader, files, references, admission, clock
        ),
        jobs=JobService(repository, files, lifecycle, stops, clock),
        preparation=JobPreparation(repository, lanes.claims, lifecycle, files, planning.planner),
        release=release,
        finisher=finisher,
        recovery=RecoveryService(repository, looks, finisher, lifecycle, stops, clock, limits),
    )
