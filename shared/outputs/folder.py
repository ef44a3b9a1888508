"""Copies what scripts wrote to the output folder, so that its state can be told at any time.

A folder does not appear whole, as a file does. So a marker beside the files says whose folder it
is and what is being copied, from before the first file until after the manifest. A folder with a
marker is not complete; one with its job's manifest and without a marker is.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from shared.assets.datastores import Datastores
from shared.errors import ConflictError, NotFoundError
from shared.jobs.model import Job
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.pagination import list_all
from shared.storage.ports import BlobStore
from shared.uris import DatastorePath

WRITTEN = "files_written"
JSON_TYPE = "application/json"


class OutputFolder:
    """The folders that jobs with `summary_only` write."""

    def __init__(self, blobs: BlobStore, datastores: Datastores) -> None:
        self._blobs = blobs
        self._datastores = datastores

    def is_taken(self, job: Job) -> bool:
        """True if the folder holds anything that is not this job's own.

        Raises:
            NotFoundError: There is no such datastore.
        """
        container, folder = self._datastores.locate(job.output.folder)
        if not self._blobs.list_page(container, f"{folder}/", limit=1).blobs:
            return False
        own = self._own(job)
        if own is None:
            return True
        names = {
            blob.name.removeprefix(f"{folder}/")
            for blob in list_all(self._blobs, container, f"{folder}/")
        }
        beside = {
            place.path.removeprefix(f"{job.output.path}/")
            for place in (
                job.output.incomplete,
                job.output.manifest,
                job.output.failed_files,
                job.output.skipped_files,
            )
        }
        return not names <= own | beside

    def is_complete(self, job: Job) -> bool:
        """True if the job has written all of the folder."""
        if self._document(job.output.incomplete) is not None:
            return False
        manifest = self._document(job.output.manifest)
        return manifest is not None and manifest["job"] == job.name

    def publish(self, job: Job, written: Mapping[str, str]) -> bool:
        """Copies a job's files, after marking the folder; what it copied before is completed.

        Args:
            job: The job.
            written: Names in the folder to the blobs that hold the files.

        Returns:
            Whether the folder is the job's; if not, nothing was written.
        """
        if self.is_taken(job):
            return False
        container, folder = self._datastores.locate(job.output.folder)
        own = self._own(job)
        marker = {"job": job.name, WRITTEN: sorted(set(written) | (own or set()))}
        data = json.dumps(marker, ensure_ascii=False).encode()
        place = self._datastores.locate(job.output.incomplete)
        if own is None:
            try:
                self._blobs.create(*place, data, content_type=JSON_TYPE)
            except ConflictError:
                return False
        else:
            self._blobs.write(*place, data, content_type=JSON_TYPE)
        for name in sorted((own or set()) - set(written)):
            self._blobs.delete(container, f"{folder}/{name}")
        for name, blob in written.items():
            copied = self._blobs.read(SYSTEM_CONTAINER, blob)
            self._blobs.write(container, f"{folder}/{name}", copied)
        return True

    def complete(self, job: Job) -> None:
        """Takes the marker away, after the manifest was written."""
        self._blobs.delete(*self._datastores.locate(job.output.incomplete))

    def _own(self, job: Job) -> set[str] | None:
        """The files that the job has (or may have) copied; None if the folder is not its own."""
        for place in (job.output.incomplete, job.output.manifest):
            document = self._document(place)
            if document is not None:
                return set(document.get(WRITTEN, ())) if document["job"] == job.name else None
        return None

    def _document(self, place: DatastorePath) -> Mapping[str, Any] | None:
        try:
            data = self._blobs.read(*self._datastores.locate(place))
        except NotFoundError:
            return None
        try:
            document = json.loads(data)
        except ValueError:
            return {"job": None}
        is_ours = isinstance(document, dict) and "job" in document
        return cast("dict[str, Any]", document) if is_ours else {"job": None}
