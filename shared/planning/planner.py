"""Lists a job's input and writes down which files each mini-batch has.

The plan is made page by page, so that scoring starts while listing goes on. A page counts once it
is recorded in the table: making it again answers what was recorded, so that a job that is started
over, or an activity that runs twice, always works by the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from uuid import uuid4

from shared.jobs.blob_names import plan_blob
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Job, JobStatus, PlanTotals
from shared.jobs.plan import (
    MINI_BATCHES_PER_SEGMENT,
    PlannedFile,
    PlanPart,
    PlanReference,
    into_segments,
)
from shared.jobs.repository import JobRepository, PlanPage
from shared.jobs.work import lanes_of
from shared.planning.incremental import IncrementalService
from shared.planning.lister import Cursor, InputLister, Listed
from shared.planning.splitting import into_mini_batches, needs_scan
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

PAGE_FILES = 5000
# A page is one entity, and tells of each of its segments: files of very many pieces take several.
PAGE_MINI_BATCHES = 400 * MINI_BATCHES_PER_SEGMENT
# Pieces are looked through before their page is scored, which should not hold scoring up for long.
SCANNED_MINI_BATCHES = 8 * MINI_BATCHES_PER_SEGMENT

# A blob is read by each process that scores some of its mini-batches, and kept for a while.
MOST_SEGMENTS_A_BLOB = 8
BLOB_FILES = 2500

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
        lifecycle: JobLifecycle,
        incremental: IncrementalService,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._lister = lister
        self._lifecycle = lifecycle
        self._incremental = incremental

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

    def open_page(self, name: str, number: int) -> None:
        """Lets a page be scored; opening it again changes nothing."""
        self._jobs.open_plan_page(name, number)

    def _make_page(self, job: Job, number: int, previous: PlanPage | None) -> PlanPage:
        totals = previous.totals if previous else PlanTotals()
        cursor = Cursor.decode(previous.cursor) if previous and previous.cursor else Cursor()
        enough = _enough(job, number)
        listed = self._lister.list(job, cursor, enough)
        batched = _batched(job, listed, cursor, totals.files, _limit(job, number))
        segments = into_segments(batched.mini_batches)
        skipped = [file for _, file in listed.skipped[: batched.skipped]]
        nonce = uuid4().hex[:12]
        self._incremental.keep(job.name, number, nonce, skipped)
        together = _segments_a_blob(job)
        for offset in range(0, len(segments), together):
            part = PlanPart(tuple(chain(*(s.mini_batches for s in segments[offset:][:together]))))
            blob = plan_blob(job.name, PlanReference(totals.segments + offset, nonce))
            self._blobs.write(SYSTEM_CONTAINER, blob, part.encode())
        grown = _grown(totals, segments, len(skipped), complete=batched.cursor is None)
        split = tuple(offset for offset, item in enumerate(segments) if _is_to_be_scanned(item))
        return PlanPage(
            number=number,
            nonce=nonce,
            first_segment=totals.segments,
            sizes=tuple(len(segment.mini_batches) for segment in segments),
            totals=grown,
            cursor=batched.cursor.encode() if batched.cursor else None,
            split=split,
            skipped=len(skipped),
            is_open=not split,
            blob_segments=together,
        )


def _enough(job: Job, number: int) -> int:
    """Returns how many files make a page of a job's plan.

    The first page is a small one, so that scoring begins while the others are listed; but it has
    work for each lane.
    """
    per_segment = job.settings.mini_batch_size * MINI_BATCHES_PER_SEGMENT
    if number == 0:
        return per_segment * _segments_to_begin_with(job)
    return max(per_segment, PAGE_FILES)


def _segments_a_blob(job: Job) -> int:
    """Returns how many segments are written into one blob: several, where they have few files."""
    files = job.settings.mini_batch_size * MINI_BATCHES_PER_SEGMENT
    return max(1, min(MOST_SEGMENTS_A_BLOB, BLOB_FILES // files))


def _limit(job: Job, number: int) -> int:
    """Returns how many mini-batches a page has at most whose pieces are to be looked through."""
    if number == 0:
        return _segments_to_begin_with(job) * MINI_BATCHES_PER_SEGMENT
    return SCANNED_MINI_BATCHES


def _segments_to_begin_with(job: Job) -> int:
    return -(-lanes_of(job) // MINI_BATCHES_PER_SEGMENT)


def _batched(job: Job, listed: Listed, cursor: Cursor, number: int, scanned: int) -> _Batched:
    """Groups listed files into mini-batches, as many as make whole segments unless all are listed.

    Args:
        job: The job.
        listed: The files.
        cursor: Where this page begins.
        number: The number of its first file in the input.
        scanned: How many mini-batches a page has at most whose pieces are to be looked through.
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
    is_scanned = any(needs_scan(batch[0]) for batch in batches)
    limit = min(scanned, PAGE_MINI_BATCHES) if is_scanned else PAGE_MINI_BATCHES
    if len(batches) <= limit and not (listed.end and listed.is_full):
        return _Batched(batches, listed.end, len(listed.skipped))
    if batches[-1][-1].piece is None and len(batches[-1]) < settings.mini_batch_size:
        # The next file, which is not listed yet, may have to go into it.
        batches.pop()
    kept = batches[: len(batches) - len(batches) % MINI_BATCHES_PER_SEGMENT][:limit]
    ended = sum(file.ends for batch in kept for file in batch)
    last = kept[-1][-1]
    is_open = not last.ends
    following, skipped = listed.after(ended + is_open - len(before))
    if last.piece is not None and is_open:
        whole = replace(last, piece=None)
        following = replace(following, open=whole, piece=last.piece.index + 1)
    return _Batched(kept, following, skipped)


def _is_to_be_scanned(segment: PlanPart) -> bool:
    return any(needs_scan(batch[0]) for batch in segment.mini_batches)


def _grown(
    totals: PlanTotals, segments: list[PlanPart], skipped: int, *, complete: bool
) -> PlanTotals:
    return PlanTotals(
        files=totals.files + sum(segment.files for segment in segments),
        mini_batches=totals.mini_batches + sum(len(item.mini_batches) for item in segments),
        segments=totals.segments + len(segments),
        size=totals.size + sum(segment.size for segment in segments),
        complete=complete,
        skipped=totals.skipped + skipped,
    )


def _with_plan(job: Job, totals: PlanTotals) -> Job:
    newer = totals.complete or (totals.segments, totals.skipped) > (
        job.plan.segments,
        job.plan.skipped,
    )
    return replace(job, plan=totals) if newer and not job.plan.complete else job
