"""Output files of a job, and the claim that makes an output a job's own."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.assets.datastores import Datastores
from shared.assets.upload_names import UPLOAD_FOLDER
from shared.endpoints.scoring_settings import OutputAction
from shared.errors import NotFoundError
from shared.jobs.model import Job, JobStatus
from shared.jobs.repository import JobRepository
from shared.outputs.folder import OutputFolder
from shared.storage.pagination import list_all
from shared.storage.ports import BlobStore
from shared.uris import DEFAULT_DATASTORE, DatastorePath

JOB_METADATA = "batchpoint_job"
HEADER_METADATA = "batchpoint_header"
HAS_HEADER = "yes"


class OutputKind(StrEnum):
    """Kind of an output file."""

    OUTPUT = "output"
    MANIFEST = "manifest"
    FAILED_FILES = "failed_files"
    SKIPPED_FILES = "skipped_files"


@dataclass(frozen=True)
class OutputFile:
    """One file that a job wrote, with a URL that reads it for a short time; size in bytes."""

    name: str
    kind: OutputKind
    size: int
    url: str


class Outputs:
    """Finds the files that jobs wrote."""

    def __init__(
        self, jobs: JobRepository, blobs: BlobStore, datastores: Datastores, lifetime: timedelta
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._datastores = datastores
        self._lifetime = lifetime
        self._folder = OutputFolder(blobs, datastores)

    def claim(self, job: Job) -> str:
        """Claims the job's output; answers which job has it, this one or another.

        A claim that an ended job has not given back counts for nothing.

        Raises:
            NotFoundError: There is no such datastore.
        """
        place = self._place(job)
        owner = self._jobs.claim_output(place, job.name)
        if owner == job.name:
            return owner
        other = self._jobs.find(owner)
        if other is None or other.job.status.is_final:
            self._jobs.release_output(place, owner)
            return self._jobs.claim_output(place, job.name)
        return owner

    def release(self, job: Job) -> None:
        """Gives the claim of the job's output back, if the job has it."""
        try:
            place = self._place(job)
        except NotFoundError:
            return
        self._jobs.release_output(place, job.name)

    def _place(self, job: Job) -> str:
        """Returns the key of an output: the same by any datastore's name."""
        is_folder = job.settings.output_action is OutputAction.SUMMARY_ONLY
        return "/".join(
            self._datastores.locate(job.output.folder if is_folder else job.output.file)
        )

    def exists(self, place: DatastorePath) -> bool:
        """True if a file is there already.

        Raises:
            NotFoundError: There is no such datastore.
        """
        container, name = self._datastores.locate(place)
        return self._blobs.info(container, name) is not None

    def is_taken(self, job: Job) -> bool:
        """True if something of others is already where the job is to write.

        Raises:
            NotFoundError: There is no such datastore.
        """
        if job.settings.output_action is OutputAction.SUMMARY_ONLY:
            return self._folder.is_taken(job)
        return self.exists(job.output.file) and not self.belongs_to(job)

    def is_written(self, job: Job) -> bool:
        """True if this very job has written its output, though it may not have ended since.

        Raises:
            NotFoundError: There is no such datastore.
        """
        if job.settings.output_action is OutputAction.SUMMARY_ONLY:
            return self._folder.is_complete(job)
        return self.belongs_to(job)

    def is_among_uploads(self, job: Job) -> bool:
        """True if the job is to write where models, code and inputs are uploaded to."""
        uploads = DatastorePath(DEFAULT_DATASTORE, UPLOAD_FOLDER)
        container, folder = self._datastores.locate(job.output.folder)
        kept, root = self._datastores.locate(uploads)
        return container == kept and f"{folder}/".startswith(f"{root}/")

    def belongs_to(self, job: Job) -> bool:
        """True if the job's output file exists and was committed by this very job."""
        container, name = self._datastores.locate(job.output.file)
        metadata = self._blobs.metadata(container, name)
        return metadata is not None and metadata.get(JOB_METADATA) == job.name

    def has_header(self, job: Job) -> bool:
        """True if the job's output file begins with the names of its columns."""
        container, name = self._datastores.locate(job.output.file)
        metadata = self._blobs.metadata(container, name) or {}
        return metadata.get(HEADER_METADATA) == HAS_HEADER

    def list(self, job: Job) -> tuple[OutputFile, ...]:
        """Lists the files that the job has written; none before it has completed."""
        if job.status is not JobStatus.COMPLETED:
            return ()
        container, folder = self._datastores.locate(job.output.folder)
        kinds = {
            job.output.file.path: OutputKind.OUTPUT,
            job.output.manifest.path: OutputKind.MANIFEST,
            job.output.failed_files.path: OutputKind.FAILED_FILES,
        }
        if job.incremental:
            kinds[job.output.skipped_files.path] = OutputKind.SKIPPED_FILES
        prefix = folder.removesuffix(job.output.path)
        if job.settings.output_action is OutputAction.SUMMARY_ONLY:
            listed = list_all(self._blobs, container, f"{folder}/")
        else:
            infos = (self._blobs.info(container, prefix + path) for path in kinds)
            listed = (info for info in infos if info is not None)
        return tuple(
            OutputFile(
                name=info.name.removeprefix(f"{folder}/"),
                kind=kinds.get(info.name.removeprefix(prefix), OutputKind.OUTPUT),
                size=info.size,
                url=self._blobs.download_url(container, info.name, self._lifetime),
            )
            for info in listed
        )
