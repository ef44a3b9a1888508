"""Wires the services to the stores that they stand on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.assets.datastores import Datastores
from shared.assets.registry import Registry, build_registry
from shared.assets.upload_repository import UploadRepository
from shared.assets.upload_service import UploadService
from shared.assets.uploaded_content import UploadedContent
from shared.clock import Clock, utc_now
from shared.endpoints.deployment_checks import DeploymentPreparation
from shared.endpoints.frozen_references import RegisteredReferences
from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.repository import EndpointRepository
from shared.endpoints.service import EndpointService
from shared.endpoints.time_budget import TimeBudget
from shared.environments.requirements import Requirements
from shared.housekeeping.expired_jobs import ExpiredJobs
from shared.housekeeping.job_removal import JobRemoval
from shared.housekeeping.orphans import OrphanRemoval
from shared.housekeeping.service import Housekeeping
from shared.housekeeping.unused_uploads import UploadRemoval, UploadUsers
from shared.housekeeping.usage import Usage
from shared.inbox.options import InboxOptions
from shared.inbox.repository import InboxRepository
from shared.inbox.service import InboxService
from shared.inputs.piece_reader import PieceReader
from shared.inputs.reader import Inputs, PublicSource
from shared.jobs.frozen import FrozenJobs
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.repository import JobRepository
from shared.jobs.retention import KEPT_BY_DEFAULT, Retention
from shared.jobs.search import JobSearch
from shared.jobs.stop_signals import StopSignals
from shared.lanes.chunk_queue import ChunkQueue
from shared.lanes.claim_repository import ChunkClaimRepository
from shared.lanes.service import LaneService
from shared.monitoring.job_contents import JobContents
from shared.monitoring.job_details import JobDetails
from shared.monitoring.job_views import JobViews
from shared.monitoring.logs import LogReader
from shared.monitoring.mini_batch_pages import MiniBatchReader
from shared.monitoring.partial_results import PartialResults
from shared.monitoring.previews import Previews
from shared.monitoring.progress import ProgressReader
from shared.outputs.files import Outputs
from shared.outputs.writer import OutputWriter
from shared.planning.incremental import IncrementalService
from shared.planning.lister import InputLister
from shared.planning.planner import Planner
from shared.results.record_repository import RecordRepository
from shared.results.store import Results
from shared.running.admission import AdmissionService
from shared.running.compute_queue_repository import ComputeQueueRepository
from shared.running.ending import JobEnding
from shared.running.finishing import Finisher
from shared.running.invocation import InvocationService
from shared.running.job_service import JobService
from shared.running.preparation import JobPreparation
from shared.running.recovery import RecoveryLimits, RecoveryService
from shared.running.release import JobRelease
from shared.running.watchdog_repository import WatchdogRepository
from shared.schedules.repository import ScheduleRepository
from shared.schedules.scheduler import Scheduler
from shared.schedules.service import ScheduleService
from shared.storage.bulk_delete import BlobRemover
from shared.storage.leases import LeaseRepository
from shared.storage.ports import BlobStore, TableStore
from shared.webhooks.deliveries import Sender, WebhookDispatcher
from shared.webhooks.outbox import Outbox
from shared.webhooks.repository import WebhookRepository
from shared.webhooks.service import WebhookService


@dataclass(frozen=True)
class Stores:
    """What the services keep things in, and the environments that scorers find there.

    Attributes:
        is_ready: Whether scorers find what is required without anything being built.
        sender: What reaches webhooks.
    """

    tables: TableStore
    blobs: BlobStore
    public: PublicSource
    is_ready: Callable[[Requirements], bool]
    sender: Sender


@dataclass(frozen=True)
class Times:
    """How long things may take.

    Attributes:
        url_lifetime: How long upload and download URLs hold.
        watchdog_grace: How long the orchestration of a job may be missing after it was started.
        budget: How long scoring a mini-batch may take.
        retention: How long what is kept.
    """

    url_lifetime: timedelta
    watchdog_grace: timedelta
    budget: TimeBudget
    retention: Retention = KEPT_BY_DEFAULT


@dataclass(frozen=True)
class Services:
    """All use cases of the app."""

    datastores: Datastores
    uploads: UploadService
    registry: Registry
    endpoints: EndpointService
    provisioning: ProvisioningService
    admission: AdmissionService
    invocations: InvocationService
    jobs: JobService
    job_contents: JobContents
    job_details: JobDetails
    job_repository: JobRepository
    frozen_jobs: FrozenJobs
    inputs: Inputs
    planner: Planner
    start: JobPreparation
    lanes: LaneService
    results: Results
    pieces: PieceReader
    ending: JobEnding
    lifecycle: JobLifecycle
    stops: StopSignals
    heartbeat: Heartbeat
    recovery: RecoveryService
    housekeeping: Housekeeping
    inbox: InboxService
    schedules: ScheduleService
    scheduler: Scheduler
    webhooks: WebhookService
    dispatcher: WebhookDispatcher


def build_services(
    stores: Stores,
    *,
    account: str,
    default_container: str,
    times: Times,
    cores: int,
    inbox: InboxOptions,
    clock: Clock = utc_now,
) -> Services:
    """Makes every service, once.

    Args:
        stores: What they keep things in.
        account: The storage account.
        default_container: The container behind the datastore `workspaceblobstore`.
        times: How long things may take.
        cores: Default of `max_concurrency_per_instance`.
        inbox: How files that land are gathered.
        clock: The time; tests hold it still.
    """
    jobs = JobRepository(stores.tables)
    endpoints = EndpointRepository(stores.tables)
    datastores = Datastores(default_container, stores.tables, inbox_container=inbox.container)
    uploaded = UploadedContent(stores.blobs, datastores)
    usage = Usage(stores.tables, endpoints, jobs)
    registry = build_registry(stores.tables, datastores, uploaded, usage, clock, account)
    references = RegisteredReferences(registry)
    inputs = Inputs(stores.blobs, datastores, stores.public)
    outputs = Outputs(jobs, stores.blobs, datastores, times.url_lifetime)
    webhooks = WebhookRepository(stores.tables)
    outbox = Outbox(webhooks, endpoints, clock)
    lifecycle = JobLifecycle(jobs, clock, outbox.announce)
    dispatcher = WebhookDispatcher(webhooks, jobs, lifecycle, outbox, stores.sender, clock)
    stops = StopSignals(jobs)
    records = RecordRepository(stores.tables, stores.blobs)
    claims = ChunkClaimRepository(stores.tables)
    frozen_jobs = FrozenJobs(jobs)
    results = Results(jobs, records, stores.blobs, datastores, clock)
    admission = AdmissionService(
        ComputeQueueRepository(stores.tables), references, jobs, lifecycle, times.budget
    )
    incremental = IncrementalService(jobs, stores.blobs, results, lifecycle, clock)
    writer = OutputWriter(jobs, stores.blobs, datastores, results, outputs, incremental)
    release = JobRelease(outputs, admission, inputs.signatures)
    finisher = Finisher(jobs, writer, stops, release, lifecycle, clock)
    provisioning = ProvisioningService(
        endpoints, stores.blobs, datastores, stores.is_ready, clock, times.watchdog_grace
    )
    preparation = DeploymentPreparation(
        uploaded, references, provisioning, clock, cores, times.budget
    )
    invocations = InvocationService(endpoints, jobs, inputs, outputs, references, admission, clock)
    schedules = ScheduleRepository(stores.tables)
    uploads = UploadRepository(stores.tables)
    expired_jobs = ExpiredJobs(stores.tables, records)
    views = JobViews(stores.blobs, ProgressReader(jobs, records, results), times.retention, clock)
    remover = BlobRemover(stores.blobs)
    job_removal = JobRemoval(
        expired_jobs, lifecycle, views, release, remover, times.retention, clock
    )
    planner = Planner(jobs, stores.blobs, InputLister(inputs, incremental), lifecycle, incremental)
    upload_removal = UploadRemoval(
        uploads,
        UploadUsers(usage, jobs, expired_jobs, datastores),
        datastores,
        remover,
        _kept_uploads(times),
        clock,
    )
    housekeeping = Housekeeping(
        LeaseRepository(stores.tables),
        (job_removal.run, upload_removal.run),
        OrphanRemoval(expired_jobs, jobs, admission, clock),
        clock,
    )
    return Services(
        datastores=datastores,
        uploads=UploadService(uploads, stores.blobs, datastores, times.url_lifetime, clock),
        registry=registry,
        endpoints=EndpointService(
            endpoints,
            jobs.active_of,
            preparation,
            clock,
            (schedules.delete_all, webhooks.delete_all),
        ),
        provisioning=provisioning,
        invocations=invocations,
        admission=admission,
        jobs=JobService(jobs, JobSearch(stores.tables), views, outputs, lifecycle, stops, clock),
        job_contents=JobContents(
            jobs,
            outputs,
            LogReader(stores.blobs),
            PartialResults(records, stores.blobs, times.url_lifetime),
        ),
        job_details=JobDetails(
            jobs,
            MiniBatchReader(jobs, records, clock),
            Previews(records, stores.blobs, datastores, outputs),
        ),
        job_repository=jobs,
        frozen_jobs=frozen_jobs,
        inputs=inputs,
        planner=planner,
        start=JobPreparation(jobs, claims, lifecycle, outputs, planner),
        lanes=LaneService(frozen_jobs, results, ChunkQueue(jobs, claims), stops),
        results=results,
        pieces=PieceReader(jobs, inputs),
        ending=JobEnding(finisher, dispatcher),
        lifecycle=lifecycle,
        stops=stops,
        heartbeat=Heartbeat(jobs, clock),
        recovery=RecoveryService(
            jobs,
            WatchdogRepository(stores.tables),
            finisher,
            lifecycle,
            stops,
            clock,
            RecoveryLimits(times.watchdog_grace, times.budget),
        ),
        housekeeping=housekeeping,
        inbox=InboxService(
            InboxRepository(stores.tables), endpoints, stores.blobs, invocations, clock, inbox
        ),
        schedules=ScheduleService(schedules, endpoints, jobs, invocations, clock),
        scheduler=Scheduler(schedules, endpoints, jobs, invocations, clock),
        webhooks=WebhookService(webhooks, endpoints, stores.sender, clock),
        dispatcher=dispatcher,
    )


def _kept_uploads(times: Times) -> timedelta | None:
    """How long unused uploads stay: longer than anybody has URLs to write to them."""
    if not times.retention.uploads:
        return None
    return max(timedelta(days=times.retention.uploads), times.url_lifetime + timedelta(hours=1))
