"""Wires the services that hand out chunks of jobs to their lanes."""

from dataclasses import dataclass

from shared.jobs.build import JobServices
from shared.lanes.chunk_queue import ChunkQueue
from shared.lanes.claim_repository import ChunkClaimRepository
from shared.lanes.service import LaneService
from shared.results.build import ResultServices
from shared.storage.ports import TableStore


@dataclass(frozen=True)
class LaneServices:
    """Lanes, and the claims of their chunks."""

    claims: ChunkClaimRepository
    service: LaneService


def build_lanes(tables: TableStore, jobs: JobServices, results: ResultServices) -> LaneServices:
    """Makes the services of the room."""
    claims = ChunkClaimRepository(tables)
    queue = ChunkQueue(jobs.repository, claims)
    return LaneServices(
        claims=claims, service=LaneService(jobs.frozen, results.store, queue, jobs.stops)
    )
