"""What a job wrote, and whether an output is a job's own."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.domain.job import Job
from shared.domain.uris import DatastorePath
from shared.storage.datastores import Datastores
from shared.storage.ports import BlobStore

JOB_METADATA = "batchpoint_job"


class OutputKind(StrEnum):
    """What an output file is."""

    OUTPUT = "output"
    MANIFEST = "manifest"
    FAILED_FILES = "failed_files"


@dataclass(frozen=True)
class OutputFile:
    """One file that a job wrote, with a URL that reads it for a short time; size in bytes."""

    name: str
    kind: OutputKind
    size: int
    url: str


class Outputs:
    """Finds the files that jobs wrote."""

    def __init__(self, blobs: BlobStore, datastores: Datastores, lifetime: timedelta) -> None:
        self._blobs = blobs
        self._datastores = datastores
        self._lifetime = lifetime

    def exists(self, place: DatastorePath) -> bool:
        """Whether a file is there already.

        Raises:
            NotFoundError: There is no such datastore.
        """
        container, name = self._datastores.locate(place)
        return self._blobs.info(container, name) is not None

    def belongs_to(self, job: Job) -> bool:
        """Whether the job's output file exists and was committed by this very job."""
        container, name = self._datastores.locate(job.output.file)
        metadata = self._blobs.metadata(container, name)
        return metadata is not None and metadata.get(JOB_METADATA) == job.name

    def list(self, job: Job) -> tuple[OutputFile, ...]:
        """Lists the files that the job has written; none before it has completed."""
        if not self.belongs_to(job):
            return ()
        places = (
            (OutputKind.OUTPUT, job.output.file),
            (OutputKind.MANIFEST, job.output.manifest),
            (OutputKind.FAILED_FILES, job.output.failed_files),
        )
        found: list[OutputFile] = []
        for kind, place in places:
            container, name = self._datastores.locate(place)
            info = self._blobs.info(container, name)
            if info is not None:
                url = self._blobs.download_url(container, name, self._lifetime)
                found.append(OutputFile(name.rsplit("/", 1)[-1], kind, info.size, url))
        return tuple(found)
