"""Wires the reader of jobs."""

from dataclasses import dataclass
from datetime import timedelta

from shared.assets.datastores import Datastores
from shared.clock import Clock
from shared.jobs.build import JobServices
from shared.jobs.retention import Retention
from shared.monitoring.job_reader import JobReader, PartReaders
from shared.monitoring.logs import LogReader
from shared.monitoring.mini_batch_pages import MiniBatchReader
from shared.monitoring.partial_results import PartialResults
from shared.monitoring.previews import Previews
from shared.monitoring.progress import ProgressReader
from shared.outputs.build import OutputServices
from shared.results.build import ResultServices
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class MonitoringServices:
    """Services that show jobs to users."""

    jobs: JobReader


def build_monitoring(
    blobs: BlobStore,
    datastores: Datastores,
    jobs: JobServices,
    results: ResultServices,
    outputs: OutputServices,
    *,
    url_lifetime: timedelta,
    retention: Retention,
    clock: Clock,
) -> MonitoringServices:
    """Makes the services of the room."""
    records = results.records
    parts = PartReaders(
        progress=ProgressReader(jobs.repository, records, results.store),
        mini_batches=MiniBatchReader(jobs.repository, records, clock),
        logs=LogReader(blobs),
        partial_results=PartialResults(records, blobs, url_lifetime),
        previews=Previews(records, blobs, datastores, outputs.files),
        outputs=outputs.files,
    )
    return MonitoringServices(jobs=JobReader(jobs.repository, blobs, parts, retention, clock))
