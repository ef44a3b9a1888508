"""Wires the services that plan jobs."""

from dataclasses import dataclass

from shared.clock import Clock
from shared.inputs.build import InputServices
from shared.jobs.build import JobServices
from shared.planning.incremental import IncrementalService
from shared.planning.lister import InputLister
from shared.planning.planner import Planner
from shared.results.build import ResultServices
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class PlanningServices:
    """Plans of jobs, and the files that these leave out."""

    incremental: IncrementalService
    planner: Planner


def build_planning(
    blobs: BlobStore,
    jobs: JobServices,
    inputs: InputServices,
    results: ResultServices,
    clock: Clock,
) -> PlanningServices:
    """Makes the services of the room."""
    incremental = IncrementalService(jobs.repository, blobs, results.store, jobs.lifecycle, clock)
    lister = InputLister(inputs.reader, incremental)
    return PlanningServices(
        incremental=incremental,
        planner=Planner(jobs.repository, blobs, lister, jobs.lifecycle, incremental),
    )
