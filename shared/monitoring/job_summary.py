"""Keeps how far a job came and its first errors, for when its records are gone."""

import json
from dataclasses import asdict
from typing import Any

from shared.errors import NotFoundError
from shared.jobs.blob_names import summary_blob
from shared.jobs.model import Counts
from shared.jobs.records import FileFailure
from shared.monitoring.progress import FirstError, Progress
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore


def write_summary(
    blobs: BlobStore, job: str, progress: Progress, first_errors: tuple[FirstError, ...]
) -> None:
    """Writes the summary of a job; one that is there already is replaced."""
    document = {
        "progress": asdict(progress),
        "first_errors": [asdict(error) for error in first_errors],
    }
    data = json.dumps(document, ensure_ascii=False).encode()
    blobs.write(SYSTEM_CONTAINER, summary_blob(job), data, content_type="application/json")


def read_summary(blobs: BlobStore, job: str) -> tuple[Progress, tuple[FirstError, ...]]:
    """Reads the summary of a job; without one, nothing is counted and nothing has failed."""
    try:
        data = blobs.read(SYSTEM_CONTAINER, summary_blob(job))
    except NotFoundError:
        return Progress(Counts()), ()
    document: dict[str, Any] = json.loads(data)
    progress = document["progress"]
    counts = Counts(**progress.pop("counts"))
    errors = tuple(
        FirstError(FileFailure(**error.pop("failure")), **error)
        for error in document["first_errors"]
    )
    return Progress(counts, **progress), errors
