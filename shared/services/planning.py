"""Lists a job's input and writes down which files each mini-batch has.

The plan is made page by page, so that scoring starts while listing goes on. A page counts once it
is recorded in the table: making it again answers what was recorded, so that a job that is started
over, or an activity that runs twice, always works by the same plan.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from uuid import uuid4

from shared.domain.job import Job, JobError, JobStatus, PlanTotals
from shared.domain.layout import SYSTEM_CONTAINER, plan_blob
from shared.domain.plan import (
    MINI_BATCHES_PER_CHUNK,
    ChunkPlan,
    InputPage,
    PlannedFile,
    into_chunks,
)
from shared.domain.splitting import into_mini_batches, needs_scan
from shared.services.inputs import Inputs
from shared.services.lifecycle import JobLifecycle
from shared.services.outputs import Outputs
from shared.storage.jobs import JobRepository, PlanPage
from shared.storage.ports import BlobStore

PAGE_FILES = 5000
FIRST_CHUNKS = 2
# A page is one entity, and tells of each of its chunks: files of very many pieces take several.
PAGE_MINI_BATCHES = 400 * MINI_BATCHES_PER_CHUNK

MiniBatch = tuple[PlannedFile, ...]


@dataclass(frozen=True)
class Cursor:
    """Where planning goes on.

    Attributes:
        marker: A page of the source.
        last: The last file of it that is planned.
        open: The file that is split and of which not all pieces are planned yet.
        piece: Its first piece that is not.
    """

    marker: str | None = None
    last: str | None = None
    open: PlannedFile | None = None
    piece: int = 0

    def encode(self) -> str:
        """Writes the cursor as text."""
        file = self.open
        values: list[object] = [self.marker, self.last]
        if file is not None:
            values += [file.name, file.location, file.size, file.etag, self.piece]
        return json.dumps(values)

    @staticmethod
    def decode(text: str) -> "Cursor":
        """Reads what `encode` wrote."""
        marker, last, *rest = json.loads(text)
        return (
            Cursor(marker, last, PlannedFile(*rest[:4]), rest[4]) if rest else Cursor(marker, last)
        )


@dataclass(frozen=True)
class _Listed:
    """Files listed for one page of the plan, and where each page of the source began."""

    files: tuple[PlannedFile, ...]
    starts: tuple[tuple[Cursor, int], ...]
    at_end: bool

    def cursor_after(self, count: int) -> Cursor:
        """The cursor of the file after the first `count` ones."""
        cursor, start = next(item for item in reversed(self.starts) if item[1] <= count)
        return cursor if start == count else Cursor(cursor.marker, self.files[count - 1].name)


@dataclass(frozen=True)
class _Batched:
    """The mini-batches of a page, and where the next page begins (None: there is none)."""

    mini_batches: Sequence[MiniBatch]
    cursor: Cursor | None


class Planner:
    """Makes the plan of a job, page by page."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        inputs: Inputs,
        outputs: Outputs,
        lifecycle: JobLifecycle,
    ) -> None:
        self._jobs = jobs
        self._outputs = outputs
        self._blobs = blobs
        self._inputs = inputs
        self._lifecycle = lifecycle

    def prepare(self, name: str) -> JobError | None:
        """Claims the job's output before anything is scored.

        Returns:
            Why the job cannot run, None if it can.
        """
        job = self._lifecycle.move(name, JobStatus.PREPARING)
        if job.status.is_final or job.status is JobStatus.CANCEL_REQUESTED:
            return JobError("Canceled", "the job was ended before it began")
        owner = self._outputs.claim(job)
        if owner != job.name:
            return JobError(
                "OutputClaimed",
                f"the output '{job.output.file}' is being written by the job '{owner}'; "
                "nothing was scored",
            )
        if job.status is JobStatus.PREPARING and self._outputs.is_taken(job):
            return JobError(
                "OutputExists",
                f"the output '{job.output.file}' exists already; nothing was scored, and the "
                "output was left as it is",
            )
        return None

    def is_written(self, name: str) -> bool:
        """Whether a job has written its output already, and only its end was lost."""
        return self._outputs.is_written(self._jobs.get(name).job)

    def plan_page(self, name: str, number: int) -> PlanPage:
        """Plans the next files of a job's input; an earlier answer for this page stays.

        Args:
            name: The job.
            number: The page, from 0; each page follows the one before it.

        Raises:
            StorageError: The input cannot be listed now.
        """
        existing = self._jobs.plan_page(name, number)
        if existing is None:
            job = self._jobs.get(name).job
            previous = self._jobs.plan_page(name, number - 1) if number else None
            existing = self._jobs.add_plan_page(name, self._make_page(job, number, previous))
        page = existing
        self._lifecycle.change(name, lambda job: _with_plan(job, page.totals))
        return page

    def _make_page(self, job: Job, number: int, previous: PlanPage | None) -> PlanPage:
        totals = previous.totals if previous else PlanTotals()
        cursor = Cursor.decode(previous.cursor) if previous and previous.cursor else Cursor()
        per_chunk = job.settings.mini_batch_size * MINI_BATCHES_PER_CHUNK
        # The first page is a small one, so that scoring begins while the others are listed.
        enough = max(per_chunk, PAGE_FILES if number else min(FIRST_CHUNKS * per_chunk, PAGE_FILES))
        listed = self._list(job, cursor, enough)
        batched = _batched(job, listed, cursor, totals.files)
        chunks = into_chunks(batched.mini_batches)
        nonce = uuid4().hex[:12]
        for offset, chunk in enumerate(chunks):
            blob = plan_blob(job.name, totals.chunks + offset, nonce)
            self._blobs.write(SYSTEM_CONTAINER, blob, chunk.encode())
        return PlanPage(
            number=number,
            nonce=nonce,
            first_chunk=totals.chunks,
            sizes=tuple(len(chunk.mini_batches) for chunk in chunks),
            totals=_grown(totals, chunks, complete=batched.cursor is None),
            cursor=batched.cursor.encode() if batched.cursor else None,
            split=tuple(offset for offset, chunk in enumerate(chunks) if _is_to_be_scanned(chunk)),
        )

    def _list(self, job: Job, cursor: Cursor, enough: int) -> _Listed:
        files: list[PlannedFile] = []
        starts: list[tuple[Cursor, int]] = []
        marker, last = cursor.marker, cursor.last
        while True:
            starts.append((Cursor(marker, last), len(files)))
            limit = min(enough - len(files), PAGE_FILES)
            page = self._list_page(job, marker, limit)
            files.extend(_after(page.files, last))
            marker, last = page.marker, None
            if marker is None or len(files) >= enough:
                return _Listed(tuple(files), tuple(starts), marker is None)

    def _list_page(self, job: Job, marker: str | None, limit: int) -> InputPage:
        if job.is_selection:
            return self._inputs.list_selection(job.name, marker=marker)
        return self._inputs.list_page(job.input_uri, marker=marker, limit=limit)


def _batched(job: Job, listed: _Listed, cursor: Cursor, number: int) -> _Batched:
    """Groups listed files into mini-batches, as many as make whole chunks unless they are the last.

    Args:
        job: The job.
        listed: The files.
        cursor: Where this page begins.
        number: The number of its first file in the input.
    """
    settings = job.settings
    before = [cursor.open] if cursor.open else []
    grouped = into_mini_batches(
        chain(before, listed.files),
        size=settings.mini_batch_size,
        limit=settings.split_bytes,
        number=number,
        first_piece=cursor.piece,
    )
    batches = list(islice(grouped, PAGE_MINI_BATCHES + 1))
    if listed.at_end and len(batches) <= PAGE_MINI_BATCHES:
        return _Batched(batches, None)
    if batches[-1][-1].piece is None and len(batches[-1]) < settings.mini_batch_size:
        # The next file, which is not listed yet, may have to go into it.
        batches.pop()
    kept = batches[: len(batches) - len(batches) % MINI_BATCHES_PER_CHUNK][:PAGE_MINI_BATCHES]
    ended = sum(file.ends for batch in kept for file in batch)
    last = kept[-1][-1]
    is_open = not last.ends
    following = listed.cursor_after(ended + is_open - len(before))
    if last.piece is not None and is_open:
        whole = replace(last, piece=None)
        following = replace(following, open=whole, piece=last.piece.index + 1)
    return _Batched(kept, following)


def _is_to_be_scanned(chunk: ChunkPlan) -> bool:
    return any(needs_scan(batch[0]) for batch in chunk.mini_batches)


def _after(files: tuple[PlannedFile, ...], last: str | None) -> tuple[PlannedFile, ...]:
    """The files after one that is planned, also if files came or went since it was listed."""
    if last is None:
        return files
    names = [file.name for file in files]
    if last in names:
        return files[names.index(last) + 1 :]
    return tuple(file for file in files if file.name > last)


def _grown(totals: PlanTotals, chunks: list[ChunkPlan], *, complete: bool) -> PlanTotals:
    return PlanTotals(
        files=totals.files + sum(chunk.files for chunk in chunks),
        mini_batches=totals.mini_batches + sum(len(chunk.mini_batches) for chunk in chunks),
        chunks=totals.chunks + len(chunks),
        size=totals.size + sum(chunk.size for chunk in chunks),
        complete=complete,
    )


def _with_plan(job: Job, totals: PlanTotals) -> Job:
    newer = totals.complete or totals.chunks > job.plan.chunks
    return replace(job, plan=totals) if newer and not job.plan.complete else job
