"""What user code printed during a job."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.job import Job
from shared.domain.layout import SYSTEM_CONTAINER, log_folder
from shared.domain.plan import mini_batch_number
from shared.storage.listing import list_all
from shared.storage.ports import BlobInfo, BlobStore

ENTRIES = 200


@dataclass(frozen=True)
class LogEntry:
    """What was printed during one attempt at a mini-batch; `name` tells it from all others."""

    name: str
    mini_batch: int
    attempt: int
    written_at: datetime
    text: str


class LogReader:
    """Reads the logs of jobs."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def read(self, job: Job, since: datetime | None) -> tuple[LogEntry, ...]:
        """Reads some of a job's logs in the order of writing.

        Args:
            job: The job.
            since: Only what was written at that second or later; where there is more than can be
                answered at once, go on from the last entry's time.
        """
        listed = list_all(self._blobs, SYSTEM_CONTAINER, log_folder(job.name))
        written = sorted(
            (blob for blob in listed if since is None or blob.last_modified >= since),
            key=lambda blob: (blob.last_modified, blob.name),
        )
        last = written[ENTRIES - 1].last_modified if len(written) > ENTRIES else None
        chosen = [blob for blob in written if last is None or blob.last_modified <= last]
        return tuple(self._entry(job, blob) for blob in chosen)

    def _entry(self, job: Job, blob: BlobInfo) -> LogEntry:
        name = blob.name.removeprefix(log_folder(job.name)).removesuffix(".log")
        chunk, index, attempt = (int(part) for part in name.split("-"))
        text = self._blobs.read(SYSTEM_CONTAINER, blob.name).decode("utf-8", "replace")
        return LogEntry(name, mini_batch_number(chunk, index), attempt, blob.last_modified, text)
