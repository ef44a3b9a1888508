"""The function app: reads the settings, wires the services, registers the functions."""

import logging
import os

import orchestrators.registration
from activities.environment_activities import EnvironmentActivities
from activities.job_activities import JobActivities
from activities.mini_batch_activity import MiniBatchActivity
from activities.mini_batch_files import MiniBatchFiles
from activities.scan_activity import ScanActivity
from api.assets import AssetRoutes
from api.endpoints import EndpointRoutes
from api.gate import make_gate
from api.housekeeping import HousekeepingRoutes
from api.inbox import InboxRoutes
from api.job_contents import JobContentRoutes
from api.job_details import JobDetailRoutes
from api.jobs import JobRoutes
from api.readers.invocations import read_invocation
from api.resources import ResourceRoutes
from api.routes import GuardedApp
from api.schedules import ScheduleRoutes
from api.service import ServiceRoutes
from api.studio import StudioRoutes
from api.uploads import UploadRoutes
from api.webhooks import WebhookRoutes
from events.housekeeping import HousekeepingTimer
from events.inbox import Inbox
from events.provisioning_watchdog import ProvisioningWatchdog
from events.schedules import ScheduleTimer
from events.watchdog import Watchdog
from events.webhooks import WebhookTimer
from scoring.deployments import DeploymentSpecs
from scoring.environments.environments import Environments
from scoring.pool.pool import ScorerPool
from scoring.process.processes import protect_host
from scoring.process.spec import ScorerLimits
from scoring.runner import MiniBatchRunner
from shared import invocation_logs
from shared.container import Services, Stores, Times, build_services
from shared.inputs.public_reader import open_public
from shared.jobs.attempt_log import AttemptLog
from shared.outbound.address_guard import AddressGuard
from shared.outbound.post import Poster
from shared.settings import Settings
from shared.storage.factory import open_stores
from shared.storage.ports import BlobStore

_OWN_LOGGERS = ("activities", "api", "events", "function_app", "scoring", "shared")
_LOGS_EACH_REQUEST = ("azure.core", "azure.data", "azure.identity", "azure.storage")


def build_app(settings: Settings) -> GuardedApp:
    """Makes the app with everything that it stands on."""
    tables, blobs = open_stores(
        settings.storage,
        table_prefix=settings.names.table_prefix,
        system_container=settings.names.system_container,
    )
    limits = ScorerLimits(
        settings.scorer_memory, settings.scorer_processes, settings.scorer_file_size
    )
    environments = Environments(blobs, settings.scratch_folder, settings.build_timeout, limits)
    services = build_services(
        Stores(
            tables,
            blobs,
            open_public(settings.public),
            environments.is_ready,
            Poster(AddressGuard(settings.allowed_hosts)),
            read_invocation,
        ),
        account=settings.storage.account_name,
        default_container=settings.names.default_container,
        times=Times(
            settings.url_lifetime,
            settings.watchdog_grace,
            settings.time_budget,
            settings.retention,
        ),
        cores=settings.cores,
        inbox=settings.inbox,
    )
    mini_batches = MiniBatchActivity(
        services.jobs.frozen,
        MiniBatchFiles(services.inputs.reader, services.inputs.pieces),
        services.results.store,
        services.jobs.stops,
        _runner(settings, services, blobs, environments, limits),
        AttemptLog(services.jobs.repository.events),
        services.jobs.heartbeat,
    )
    application = _register(services, mini_batches, settings)
    for warning in settings.warnings:
        logging.getLogger(__name__).warning("%s", warning)
    EnvironmentActivities(services.endpoints.provisioning, environments, blobs).register(
        application
    )
    return application


def _runner(
    settings: Settings,
    services: Services,
    blobs: BlobStore,
    environments: Environments,
    limits: ScorerLimits,
) -> MiniBatchRunner:
    scratch = settings.scratch_folder
    protect_host()
    specs = DeploymentSpecs(blobs, services.assets.datastores, environments, scratch, limits)
    pool = ScorerPool(settings.max_scorers, idle_seconds=settings.scorer_idle.total_seconds())
    return MiniBatchRunner(
        specs,
        pool,
        blobs,
        settings.time_budget,
        one_host=settings.one_host,
        processes=settings.worker_processes,
    )


def _register(
    services: Services, mini_batches: MiniBatchActivity, settings: Settings
) -> GuardedApp:
    public_url = settings.public_url
    application = GuardedApp(make_gate(settings.sign_in))
    ServiceRoutes(public_url, settings.warnings).register(application)
    StudioRoutes(settings.storage.blob_endpoint, settings.sign_in).register(application)
    UploadRoutes(services.assets.uploads).register(application)
    AssetRoutes(services.assets.registry, public_url).register(application)
    ResourceRoutes(services.assets.registry, public_url).register(application)
    EndpointRoutes(
        services.endpoints.service, services.endpoints.provisioning, public_url
    ).register(application)
    InboxRoutes(services.inbox.service).register(application)
    JobRoutes(
        services.running.invocations, services.running.jobs, services.monitoring.jobs, public_url
    ).register(application)
    JobContentRoutes(services.monitoring.jobs, public_url).register(application)
    ScheduleRoutes(services.schedules.service, public_url).register(application)
    WebhookRoutes(services.webhooks.service, public_url).register(application)
    HousekeepingRoutes(services.housekeeping.service).register(application)
    JobDetailRoutes(services.monitoring.jobs).register(application)
    orchestrators.registration.register(application)
    JobActivities(
        services.running.admission,
        services.running.preparation,
        services.planning.planner,
        services.lanes.service,
        services.running.finisher,
        services.jobs.stops,
        services.jobs.heartbeat,
    ).register(application)
    ScanActivity(
        services.jobs.repository,
        services.jobs.frozen,
        services.inputs.pieces,
        services.results.store,
        services.jobs.stops,
        services.jobs.heartbeat,
    ).register(application)
    mini_batches.register(application)
    Watchdog(services.running.recovery, settings.watchdog_schedule).register(application)
    schedule = settings.watchdog_schedule
    ProvisioningWatchdog(services.endpoints.provisioning, schedule).register(application)
    ScheduleTimer(services.schedules.scheduler, settings.scheduler_schedule).register(application)
    WebhookTimer(services.webhooks.dispatcher, settings.webhook_schedule).register(application)
    HousekeepingTimer(
        services.housekeeping.service,
        settings.housekeeping_schedule,
        settings.retention.history_kept,
    ).register(application)
    Inbox(services.inbox.service, settings.inbox).register(application)
    return application


def _quiet_sdks() -> None:
    """Logs no request of the storage SDKs, only their warnings."""
    for name in _LOGS_EACH_REQUEST:
        logging.getLogger(name).setLevel(logging.WARNING)


_quiet_sdks()
invocation_logs.install(_OWN_LOGGERS)
app = build_app(Settings.from_env(os.environ))
