"""Wires the services that write the outputs of jobs."""

from dataclasses import dataclass
from datetime import timedelta

from shared.assets.datastores import Datastores
from shared.jobs.build import JobServices
from shared.outputs.files import Outputs
from shared.outputs.writer import OutputWriter
from shared.planning.build import PlanningServices
from shared.results.build import ResultServices
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class OutputServices:
    """The files of outputs, and their writer."""

    files: Outputs
    writer: OutputWriter


def build_outputs(
    blobs: BlobStore,
    datastores: Datastores,
    jobs: JobServices,
    results: ResultServices,
    planning: PlanningServices,
    url_lifetime: timedelta,
) -> OutputServices:
    """Makes the services of the room."""
    files = Outputs(jobs.repository, blobs, datastores, url_lifetime)
    return OutputServices(
        files=files,
        writer=OutputWriter(
            jobs.repository, blobs, datastores, results.store, files, planning.incremental
        ),
    )
