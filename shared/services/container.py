"""Wires the services to the stores that they stand on."""

from dataclasses import dataclass
from datetime import timedelta

from shared.services.clock import Clock, utc_now
from shared.services.endpoints import EndpointService
from shared.services.finishing import Finisher
from shared.services.inputs import Inputs, PublicSource
from shared.services.invocation import InvocationService
from shared.services.jobs import JobService
from shared.services.lifecycle import JobLifecycle
from shared.services.outputs import Outputs
from shared.services.planning import Planner
from shared.services.progress import ProgressReader
from shared.services.recovery import RecoveryService
from shared.services.results import Results
from shared.services.stops import StopSignals
from shared.services.uploads import UploadService
from shared.storage.datastores import Datastores
from shared.storage.endpoints import EndpointRepository
from shared.storage.jobs import JobRepository
from shared.storage.ports import BlobStore, TableStore


@dataclass(frozen=True)
class Stores:
    """What the services keep things in."""

    tables: TableStore
    blobs: BlobStore
    public: PublicSource


@dataclass(frozen=True)
class Services:
    """All use cases of the app."""

    datastores: Datastores
    uploads: UploadService
    endpoints: EndpointService
    invocations: InvocationService
    jobs: JobService
    job_repository: JobRepository
    inputs: Inputs
    planner: Planner
    results: Results
    finisher: Finisher
    lifecycle: JobLifecycle
    stops: StopSignals
    recovery: RecoveryService


def build_services(
    stores: Stores,
    *,
    default_container: str,
    url_lifetime: timedelta,
    cores: int,
    clock: Clock = utc_now,
) -> Services:
    """Makes every service, once.

    Args:
        stores: What they keep things in.
        default_container: The container behind the datastore `workspaceblobstore`.
        url_lifetime: How long upload and download URLs hold.
        cores: Default of `max_concurrency_per_instance`.
        clock: The time; tests hold it still.
    """
    jobs = JobRepository(stores.tables)
    endpoints = EndpointRepository(stores.tables)
    datastores = Datastores(default_container)
    inputs = Inputs(stores.blobs, datastores, stores.public)
    outputs = Outputs(stores.blobs, datastores, url_lifetime)
    lifecycle = JobLifecycle(jobs, clock)
    results = Results(jobs, stores.blobs, datastores)
    finisher = Finisher(jobs, stores.blobs, datastores, results, outputs, lifecycle, clock)
    return Services(
        datastores=datastores,
        uploads=UploadService(stores.blobs, datastores, url_lifetime, clock),
        endpoints=EndpointService(endpoints, jobs, stores.blobs, datastores, clock, cores),
        invocations=InvocationService(endpoints, jobs, inputs, outputs, clock),
        jobs=JobService(jobs, ProgressReader(jobs, stores.blobs, results), outputs, clock),
        job_repository=jobs,
        inputs=inputs,
        planner=Planner(jobs, stores.blobs, inputs, outputs, lifecycle),
        results=results,
        finisher=finisher,
        lifecycle=lifecycle,
        stops=StopSignals(jobs),
        recovery=RecoveryService(jobs, finisher, clock),
    )
