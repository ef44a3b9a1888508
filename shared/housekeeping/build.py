"""Wires the services of housekeeping."""

from dataclasses import dataclass
from datetime import timedelta

from shared.assets.build import AssetServices
from shared.clock import Clock
from shared.housekeeping.expired_jobs import ExpiredJobs
from shared.housekeeping.job_removal import JobRemoval
from shared.housekeeping.orphans import OrphanRemoval
from shared.housekeeping.service import Housekeeping
from shared.housekeeping.unused_uploads import UploadRemoval, UploadUsers
from shared.housekeeping.usage import Usage
from shared.jobs.build import JobServices
from shared.jobs.retention import Retention
from shared.monitoring.build import MonitoringServices
from shared.results.build import ResultServices
from shared.running.build import RunningServices
from shared.storage.bulk_delete import BlobRemover
from shared.storage.leases import LeaseRepository
from shared.storage.ports import BlobStore, TableStore


@dataclass(frozen=True)
class HousekeepingServices:
    """Services that delete expired data."""

    service: Housekeeping


def build_housekeeping(
    tables: TableStore,
    blobs: BlobStore,
    usage: Usage,
    *,
    assets: AssetServices,
    jobs: JobServices,
    results: ResultServices,
    monitoring: MonitoringServices,
    running: RunningServices,
    url_lifetime: timedelta,
    retention: Retention,
    clock: Clock,
) -> HousekeepingServices:
    """Makes the services of the room."""
    expired_jobs = ExpiredJobs(tables, results.records)
    remover = BlobRemover(blobs)
    job_removal = JobRemoval(
        expired_jobs, jobs.lifecycle, monitoring.jobs, running.release, remover, retention, clock
    )
    upload_removal = UploadRemoval(
        assets.upload_repository,
        UploadUsers(usage, jobs.repository, expired_jobs, assets.datastores),
        assets.datastores,
        remover,
        _kept_uploads(retention, url_lifetime),
        clock,
    )
    orphans = OrphanRemoval(expired_jobs, jobs.repository, running.admission, clock)
    steps = (job_removal.run, upload_removal.run)
    return HousekeepingServices(
        service=Housekeeping(LeaseRepository(tables), steps, orphans, clock)
    )


def _kept_uploads(retention: Retention, url_lifetime: timedelta) -> timedelta | None:
    """Returns how long unused uploads stay: longer than anybody has URLs to write to them."""
    if not retention.uploads:
        return None
    return max(timedelta(days=retention.uploads), url_lifetime + timedelta(hours=1))
