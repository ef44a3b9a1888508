"""What users are told of a job: live counts and first errors, also when its records are gone."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from shared.clock import Clock
from shared.errors import NotFoundError
from shared.jobs.blob_names import summary_blob
from shared.jobs.model import Counts, Job, Kept
from shared.jobs.records import FileFailure
from shared.jobs.retention import Retention
from shared.monitoring.progress import FirstError, Progress, ProgressReader
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class JobView:
    """A job with its live progress and its first errors, and how long what is kept of it."""

    job: Job
    progress: Progress
    first_errors: tuple[FirstError, ...]
    retention: Retention


class JobViews:
    """Makes views from what is recorded, or from a summary that outlives the records."""

    def __init__(
        self, blobs: BlobStore, progress: ProgressReader, retention: Retention, clock: Clock
    ) -> None:
        self._blobs = blobs
        self._progress = progress
        self._retention = retention
        self._clock = clock

    def view(self, job: Job) -> JobView:
        """Adds the progress to a job."""
        if job.records is not Kept.KEPT:
            return self._from_summary(job)
        progress = self._progress.read(job, self._clock())
        errors = self._progress.first_errors(job) if progress.counts.files_failed else ()
        return JobView(job, progress, errors, self._retention)

    def summarise(self, job: Job) -> None:
        """Keeps what is told of an ended job, before its records go."""
        view = self.view(job)
        document = {
            "progress": asdict(view.progress),
            "first_errors": [asdict(error) for error in view.first_errors],
        }
        data = json.dumps(document, ensure_ascii=False).encode()
        name = summary_blob(job.name)
        self._blobs.write(SYSTEM_CONTAINER, name, data, content_type="application/json")

    def _from_summary(self, job: Job) -> JobView:
        try:
            data = self._blobs.read(SYSTEM_CONTAINER, summary_blob(job.name))
        except NotFoundError:
            return JobView(job, Progress(Counts()), (), self._retention)
        document: dict[str, Any] = json.loads(data)
        progress = document["progress"]
        counts = Counts(**progress.pop("counts"))
        errors = tuple(
            FirstError(FileFailure(**error.pop("failure")), **error)
            for error in document["first_errors"]
        )
        return JobView(job, Progress(counts, **progress), errors, self._retention)
