"""Wires the services that keep what mini-batches gave."""

from dataclasses import dataclass

from shared.assets.datastores import Datastores
from shared.clock import Clock
from shared.jobs.build import JobServices
from shared.results.record_repository import RecordRepository
from shared.results.store import Results
from shared.storage.ports import BlobStore, TableStore


@dataclass(frozen=True)
class ResultServices:
    """The records of mini-batches, and what is made of them."""

    records: RecordRepository
    store: Results


def build_results(
    tables: TableStore,
    blobs: BlobStore,
    datastores: Datastores,
    jobs: JobServices,
    clock: Clock,
) -> ResultServices:
    """Makes the services of the room."""
    records = RecordRepository(tables, blobs)
    return ResultServices(
        records=records, store=Results(jobs.repository, records, blobs, datastores, clock)
    )
