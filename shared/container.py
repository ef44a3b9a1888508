"""Wires the rooms to the stores that they stand on, and to each other."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.assets.build import AssetServices, build_assets
from shared.clock import Clock, utc_now
from shared.endpoints.build import EndpointServices, build_endpoints
from shared.endpoints.repository import EndpointRepository
from shared.endpoints.time_budget import TimeBudget
from shared.environments.requirements import Requirements
from shared.housekeeping.build import HousekeepingServices, build_housekeeping
from shared.housekeeping.usage import Usage
from shared.inbox.build import InboxServices, build_inbox
from shared.inbox.options import InboxOptions
from shared.inputs.build import InputServices, build_inputs
from shared.inputs.reader import PublicSource
from shared.jobs.build import JobServices, build_jobs
from shared.jobs.repository import JobRepository
from shared.jobs.retention import KEPT_BY_DEFAULT, Retention
from shared.lanes.build import LaneServices, build_lanes
from shared.monitoring.build import MonitoringServices, build_monitoring
from shared.outputs.build import OutputServices, build_outputs
from shared.planning.build import PlanningServices, build_planning
from shared.results.build import ResultServices, build_results
from shared.running.build import RunningServices, build_running
from shared.running.recovery import RecoveryLimits
from shared.schedules.build import ScheduleServices, build_schedules
from shared.schedules.job_requests import InvocationReader, JobRequests
from shared.schedules.repository import ScheduleRepository
from shared.storage.ports import BlobStore, TableStore
from shared.webhooks.build import WebhookServices, build_webhooks
from shared.webhooks.deliveries import Sender
from shared.webhooks.outbox import Outbox
from shared.webhooks.repository import WebhookRepository


@dataclass(frozen=True)
class Stores:
    """Stores of the services, and their doors to the outside.

    Attributes:
        is_ready: Whether scorers find what is required without anything being built.
        sender: What reaches webhooks.
        read_invocation: Reads the invocations that schedules keep as users wrote them.
    """

    tables: TableStore
    blobs: BlobStore
    public: PublicSource
    is_ready: Callable[[Requirements], bool]
    sender: Sender
    read_invocation: InvocationReader


@dataclass(frozen=True)
class Times:
    """Time limits.

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
    """The rooms of the app, from the lowest to the highest."""

    assets: AssetServices
    endpoints: EndpointServices
    jobs: JobServices
    inputs: InputServices
    results: ResultServices
    webhooks: WebhookServices
    planning: PlanningServices
    lanes: LaneServices
    outputs: OutputServices
    monitoring: MonitoringServices
    running: RunningServices
    inbox: InboxServices
    schedules: ScheduleServices
    housekeeping: HousekeepingServices


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
    tables, blobs = stores.tables, stores.blobs
    # Lower rooms ask these of higher ones; as they need tables only, they can be made first.
    endpoint_repository, job_repository = EndpointRepository(tables), JobRepository(tables)
    schedule_repository, webhook_repository = ScheduleRepository(tables), WebhookRepository(tables)
    usage = Usage(tables, endpoint_repository, job_repository)
    assets = build_assets(
        tables,
        blobs,
        usage,
        account=account,
        default_container=default_container,
        inbox_container=inbox.container,
        url_lifetime=times.url_lifetime,
        clock=clock,
    )
    endpoints = build_endpoints(
        endpoint_repository,
        blobs,
        assets,
        is_ready=stores.is_ready,
        running_jobs=job_repository.active_of,
        dependants=(schedule_repository.delete_all, webhook_repository.delete_all),
        cores=cores,
        budget=times.budget,
        watchdog_grace=times.watchdog_grace,
        clock=clock,
    )
    datastores = assets.datastores
    outbox = Outbox(webhook_repository, endpoint_repository, clock)
    jobs = build_jobs(job_repository, outbox.announce, clock)
    inputs = build_inputs(blobs, datastores, jobs, stores.public)
    results = build_results(tables, blobs, datastores, jobs, clock)
    webhooks = build_webhooks(webhook_repository, endpoints, jobs, outbox, stores.sender, clock)
    planning = build_planning(blobs, jobs, inputs, results, clock)
    lanes = build_lanes(tables, jobs, results)
    outputs = build_outputs(blobs, datastores, jobs, results, planning, times.url_lifetime)
    monitoring = build_monitoring(
        blobs,
        datastores,
        jobs,
        results,
        outputs,
        url_lifetime=times.url_lifetime,
        retention=times.retention,
        clock=clock,
    )
    running = build_running(
        tables,
        endpoints=endpoints,
        jobs=jobs,
        inputs=inputs,
        webhooks=webhooks,
        planning=planning,
        lanes=lanes,
        outputs=outputs,
        limits=RecoveryLimits(times.watchdog_grace, times.budget),
        clock=clock,
    )
    return Services(
        assets=assets,
        endpoints=endpoints,
        jobs=jobs,
        inputs=inputs,
        results=results,
        webhooks=webhooks,
        planning=planning,
        lanes=lanes,
        outputs=outputs,
        monitoring=monitoring,
        running=running,
        inbox=build_inbox(tables, blobs, endpoints, running, inbox, clock),
        schedules=build_schedules(
            schedule_repository,
            endpoints,
            jobs,
            running,
            JobRequests(stores.read_invocation),
            clock,
        ),
        housekeeping=build_housekeeping(
            tables,
            blobs,
            usage,
            assets=assets,
            jobs=jobs,
            results=results,
            monitoring=monitoring,
            running=running,
            url_lifetime=times.url_lifetime,
            retention=times.retention,
            clock=clock,
        ),
    )
