"""Lists a job's input and writes down which files each mini-batch has.

The plan is made page by page, so that scoring starts while listing goes on. A page counts once it
is recorded in the table: making it again answers what was recorded, so that a job that is started
over, or an activity that runs twice, always works by the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from uuid import uuid4

from shared.domain.job import Job, JobError, JobStatus, PlanTotals
from shared.domain.layout import SYSTEM_CONTAINER, plan_blob
from shared.domain.plan import (
    MINI_BATCHES_PER_CHUNK,
    ChunkPlan,
    PlannedFile,
    into_chunks,
)
from shared.domain.splitting import into_mini_batches, needs_scan
from shared.services.incremental import IncrementalService
from shared.services.lifecycle import JobLifecycle
from shared.services.listing import Cursor, InputLister, Listed
from shared.services.outputs import Outputs
from shared.storage.jobs import JobRepository, PlanPage
from shared.storage.ports import BlobStore

PAGE_FILES = 5000
FIRST_CHUNKS = 1
# A page is one entity, and tells of each of its chunks: files of very many pieces take several.
PAGE_MINI_BATCHES = 400 * MINI_BATCHES_PER_CHUNK

MiniBatch = tuple[PlannedFile, ...]


@dataclass(frozen=True)
class _Batched:
    """The mini-batches of a page, and where the next page begins (None: there is none).

    `skipped`: how many of the files that were listed as known are before that.
    """

    mini_batches: Sequence[MiniBatch]
    cursor: Cursor | None
    skipped: int


class Planner:
    """Makes the plan of a job, page by page."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        lister: InputLister,
        outputs: Outputs,
        lifecycle: JobLifecycle,
        incremental: IncrementalService,
    ) -> None:
        self._incremental = incremental
        self._jobs = jobs
        self._outputs = outputs
        self._blobs = blobs
        self._lister = lister
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
        """Plans the next files of a job's input, which runs then; an earlier answer stays.

        Args:
            name: The job.
            number: The page, from 0; each page follows the one before it.

        Raises:
            StorageError: The input cannot be listed now.
        """
        existing = self._jobs.plan_page(name, number)
        if existing is None:
            job = self._incremental.decide(self._jobs.get(name).job)
            previous = self._jobs.plan_page(name, number - 1) if number else None
            existing = self._jobs.add_plan_page(name, self._make_page(job, number, previous))
            self._incremental.note_end(job, existing.totals)
        page, life = existing, self._lifecycle
        life.change(name, lambda job: life.moved(_with_plan(job, page.totals), JobStatus.RUNNING))
        return page

    def _make_page(self, job: Job, number: int, previous: PlanPage | None) -> PlanPage:
        totals = previous.totals if previous else PlanTotals()
        cursor = Cursor.decode(previous.cursor) if previous and previous.cursor else Cursor()
        per_chunk = job.settings.mini_batch_size * MINI_BATCHES_PER_CHUNK
        # The first page is a small one, so that scoring begins while the others are listed.
        first = min(FIRST_CHUNKS * per_chunk, PAGE_FILES)
        enough = max(per_chunk, PAGE_FILES if number else first)
        listed = self._lister.list(job, cursor, enough)
        batched = _batched(job, listed, cursor, totals.files)
        chunks = into_chunks(batched.mini_batches)
        skipped = [file for _, file in listed.skipped[: batched.skipped]]
        nonce = uuid4().hex[:12]
        self._incremental.keep(job.name, number, nonce, skipped)
        for offset, chunk in enumerate(chunks):
            blob = plan_blob(job.name, totals.chunks + offset, nonce)
            self._blobs.write(SYSTEM_CONTAINER, blob, chunk.encode())
        grown = _grown(totals, chunks, len(skipped), complete=batched.cursor is None)
        return PlanPage(
            number=number,
            nonce=nonce,
            first_chunk=totals.chunks,
            sizes=tuple(len(chunk.mini_batches) for chunk in chunks),
            totals=grown,
            cursor=batched.cursor.encode() if batched.cursor else None,
            split=tuple(offset for offset, chunk in enumerate(chunks) if _is_to_be_scanned(chunk)),
            skipped=len(skipped),
        )


def _batched(job: Job, listed: Listed, cursor: Cursor, number: int) -> _Batched:
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
    if len(batches) <= PAGE_MINI_BATCHES and not (listed.end and listed.is_full):
        return _Batched(batches, listed.end, len(listed.skipped))
    if batches[-1][-1].piece is None and len(batches[-1]) < settings.mini_batch_size:
        # The next file, which is not listed yet, may have to go into it.
        batches.pop()
    kept = batches[: len(batches) - len(batches) % MINI_BATCHES_PER_CHUNK][:PAGE_MINI_BATCHES]
    ended = sum(file.ends for batch in kept for file in batch)
    last = kept[-1][-1]
    is_open = not last.ends
    following, skipped = listed.after(ended + is_open - len(before))
    if last.piece is not None and is_open:
        whole = replace(last, piece=None)
        following = replace(following, open=whole, piece=last.piece.index + 1)
    return _Batched(kept, following, skipped)


def _is_to_be_scanned(chunk: ChunkPlan) -> bool:
    return any(needs_scan(batch[0]) for batch in chunk.mini_batches)


def _grown(
    totals: PlanTotals, chunks: list[ChunkPlan], skipped: int, *, complete: bool
) -> PlanTotals:
    return PlanTotals(
        files=totals.files + sum(chunk.files for chunk in chunks),
        mini_batches=totals.mini_batches + sum(len(chunk.mini_batches) for chunk in chunks),
        chunks=totals.chunks + len(chunks),
        size=totals.size + sum(chunk.size for chunk in chunks),
        complete=complete,
        skipped=totals.skipped + skipped,
    )


def _with_plan(job: Job, totals: PlanTotals) -> Job:
    newer = totals.complete or (totals.chunks, totals.skipped) > (
        job.plan.chunks,
        job.plan.skipped,
    )
    return replace(job, plan=totals) if newer and not job.plan.complete else job
