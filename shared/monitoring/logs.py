"""Output that user code printed during a job."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from shared.errors import InvalidError
from shared.jobs.blob_names import log_folder, log_prefix
from shared.jobs.model import Job
from shared.jobs.plan import mini_batch_number
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.pagination import list_all
from shared.storage.ports import BlobInfo, BlobStore

ENTRIES = 200
PAGE_BYTES = 4 * 2**20
SEGMENTS_AT_ONCE = 200
LOG_NAME = re.compile(r"[0-9]{6}-[0-9]{3}-[0-9]{3}")


@dataclass(frozen=True)
class LogEntry:
    """Output of one attempt at a mini-batch, with a unique `name`."""

    name: str
    mini_batch: int
    attempt: int
    written_at: datetime
    text: str


@dataclass(frozen=True)
class LogPage:
    """Some logs, and where the next ones start."""

    entries: tuple[LogEntry, ...]
    continuation: str | None


class LogReader:
    """Reads the logs of jobs."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def read(
        self, job: Job, since: datetime | None, tail: int | None = None
    ) -> tuple[LogEntry, ...]:
        """Reads some of a job's logs in the order of writing.

        Args:
            job: The job.
            since: Only what was written at that second or later; where there is more than can be
                answered at once, go on from the last entry's time.
            tail: Only the last so many of these, up to `ENTRIES`.
        """
        listed = list_all(self._blobs, SYSTEM_CONTAINER, log_folder(job.name))
        written = sorted(
            (blob for blob in listed if since is None or blob.last_modified >= since),
            key=lambda blob: (blob.last_modified, blob.name),
        )
        if tail is not None:
            return tuple(self._entry(job, blob) for blob in written[-tail:])
        last = written[ENTRIES - 1].last_modified if len(written) > ENTRIES else None
        chosen = [blob for blob in written if last is None or blob.last_modified <= last]
        return tuple(self._entry(job, blob) for blob in chosen)

    def of_mini_batch(self, job: Job, number: int) -> tuple[LogEntry, ...]:
        """Reads the logs of all attempts at one mini-batch."""
        prefix = log_prefix(job.name, number)
        listed = list_all(self._blobs, SYSTEM_CONTAINER, prefix)
        return tuple(self._entry(job, blob) for blob in listed)

    def read_in_order(self, job: Job, continuation: str | None) -> LogPage:
        """Reads some of a job's logs in the order of the input, of each mini-batch by attempt.

        Args:
            job: The job.
            continuation: Where to go on: after the log of that name.

        Raises:
            InvalidError: The continuation is none of an earlier answer.
        """
        first, last = _read_continuation(continuation)
        found: list[BlobInfo] = []
        for segment in range(first, min(job.plan.segments, first + SEGMENTS_AT_ONCE)):
            folder = log_folder(job.name)
            page = self._blobs.list_page(SYSTEM_CONTAINER, f"{folder}{segment:06d}-")
            found += [blob for blob in page.blobs if blob.name > f"{folder}{last}.log"]
            if _fitting(found) < len(found):
                entries = [self._entry(job, blob) for blob in found[: _fitting(found)]]
                return LogPage(tuple(entries), entries[-1].name)
        following = first + SEGMENTS_AT_ONCE
        return LogPage(
            tuple(self._entry(job, blob) for blob in found),
            f"{following:06d}-000-000" if following < job.plan.segments else None,
        )

    def _entry(self, job: Job, blob: BlobInfo) -> LogEntry:
        name = blob.name.removeprefix(log_folder(job.name)).removesuffix(".log")
        segment, index, attempt = (int(part) for part in name.split("-"))
        text = self._blobs.read(SYSTEM_CONTAINER, blob.name).decode("utf-8", "replace")
        return LogEntry(name, mini_batch_number(segment, index), attempt, blob.last_modified, text)


def _fitting(blobs: Sequence[BlobInfo]) -> int:
    """Returns the number of the first blobs that fit one answer: at least one, if there is any."""
    sizes = accumulate(blob.size for blob in blobs[:ENTRIES])
    return max(sum(size <= PAGE_BYTES for size in sizes), min(1, len(blobs)))


def _read_continuation(text: str | None) -> tuple[int, str]:
    """The segment to continue with, and the log after which."""
    if text is None:
        return 0, ""
    if not LOG_NAME.fullmatch(text):
        raise InvalidError("is none of an earlier answer", target="continuation")
    return int(text[:6]), text
