"""Finds the base of an incremental job, and the files that it has scored."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace

from shared.clock import Clock
from shared.errors import NotFoundError, StorageError
from shared.jobs.blob_names import skipped_blob
from shared.jobs.events import JobEvent
from shared.jobs.lifecycle import JobLifecycle
from shared.jobs.model import Incremental, Job, PlanTotals, RetentionState
from shared.jobs.plan import PlannedFile, mini_batch_number
from shared.jobs.records import RecordCounts
from shared.jobs.repository import JobRepository, PlanPage
from shared.planning.known_files import (
    Known,
    KnownFiles,
    ScoredBatch,
    builds_on,
    decode_skipped,
    encode_skipped,
    scored_files,
    unscored,
)
from shared.results.store import Results
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

logger = logging.getLogger(__name__)

Place = tuple[int, int, int]
"""Where what is known is read on: a page of the base's plan, a segment in it, and a page of those
files that the base has skipped itself."""
START: Place = (0, 0, 0)


class KnownFileFilter:
    """Tells which files of a listing are known; they are asked for in their order."""

    def __init__(self, planned: KnownFiles[tuple[int, int]], skipped: KnownFiles[int]) -> None:
        self._planned = planned
        self._skipped = skipped

    @property
    def place(self) -> Place:
        """Returns the place to begin again at, for files after the last requested one."""
        return (*self._planned.place, self._skipped.place)

    def is_known(self, file: PlannedFile) -> bool:
        """True if this version of the file was scored."""
        return self._planned.has(file) or self._skipped.has(file)


class IncrementalService:
    """Finds and keeps what incremental jobs skip."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        results: Results,
        lifecycle: JobLifecycle,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._results = results
        self._lifecycle = lifecycle
        self._clock = clock

    def decide(self, job: Job) -> Job:
        """Settles, once, on what an incremental job builds; others stay as they are."""
        if job.incremental is None or job.incremental.note:
            return job
        decided = self._find_base(job)

        def change(current: Job) -> Job:
            is_open = current.incremental is not None and not current.incremental.note
            return replace(current, incremental=decided) if is_open else current

        changed = self._lifecycle.change(job.name, change)
        if changed.incremental is decided:
            self._note(job.name, f"Incremental: {decided.note}")
        return changed

    def _find_base(self, job: Job) -> Incremental:
        candidates = self._jobs.completed(job.endpoint_name)
        found = next((earlier for earlier in candidates if builds_on(job, earlier)), None)
        if found is None:
            return Incremental(
                note="everything is scored: no completed job of this deployment, as it is now, has "
                "scored this input"
            )
        if found.records is not RetentionState.PRESENT:
            return Incremental(
                note=f"everything is scored: what the job '{found.name}' has scored is not known "
                "any more, as its records were removed"
            )
        return Incremental(found.name, f"files that the job '{found.name}' has scored are skipped")

    def known_filter(self, job: Job, place: Place) -> KnownFileFilter | None:
        """Returns the filter of a job's listing; None where everything is scored."""
        base = job.incremental.base if job.incremental else None
        if base is None:
            return None
        found = self._jobs.find(base)
        if found is None or found.job.records is not RetentionState.PRESENT:
            self._lose(job.name, base)
            return None
        page, segment, skipped = place
        return KnownFileFilter(
            KnownFiles(self._planned(job.name, found.job, page, segment), (page, segment)),
            KnownFiles(self._skipped(job.name, base, skipped), skipped),
        )

    def keep(self, job: str, page: int, nonce: str, files: Sequence[PlannedFile]) -> None:
        """Writes down which files a page of a job's plan skips."""
        if files:
            name = skipped_blob(job, page, nonce)
            self._blobs.write(SYSTEM_CONTAINER, name, encode_skipped(files))

    def note_end(self, job: Job, totals: PlanTotals) -> None:
        """Notes among what happened to a job how much it skips, once all is listed."""
        if job.incremental is not None and job.incremental.base is not None and totals.complete:
            text = f"{totals.skipped} files are skipped, {totals.files} are new or changed"
            self._note(job.name, f"Incremental: {text}")

    def skipped(self, job: str) -> Iterator[PlannedFile]:
        """Reads which files a job skips, in their order.

        Raises:
            NotFoundError: Its records were removed.
        """
        for page in self._jobs.plan_pages(job):
            yield from self._skipped_of(job, page)

    def _skipped_of(self, job: str, page: PlanPage) -> tuple[PlannedFile, ...]:
        if not page.skipped:
            return ()
        name = skipped_blob(job, page.number, page.nonce)
        return decode_skipped(self._blobs.read(SYSTEM_CONTAINER, name))

    def _skipped(self, job: str, base: str, first: int) -> Iterator[Known[int]]:
        """Reads the files that a base has skipped, from a page of its plan on."""
        try:
            for page in self._jobs.plan_pages(base, first=first):
                for file in self._skipped_of(base, page):
                    yield Known(file.name, file.etag, page.number)
        except NotFoundError:
            self._lose(job, base)

    def _planned(
        self, job: str, base: Job, first: int, offset: int
    ) -> Iterator[Known[tuple[int, int]]]:
        """Reads the files that a base has scored, from a segment of its plan on."""
        try:
            yield from scored_files(self._batches(base, first, offset))
        except NotFoundError:
            self._lose(job, base.name)

    def _batches(
        self, base: Job, first: int, offset: int
    ) -> Iterator[ScoredBatch[tuple[int, int]]]:
        for page in self._jobs.plan_pages(base.name, first=first):
            begin = offset if page.number == first else 0
            segments = page.segments[begin:]
            records = self._recorded(base.name, segments)
            for index, segment in enumerate(segments, begin):
                plan = self._results.plan(base.name, page, segment)
                for at, files in enumerate(plan.mini_batches):
                    number = mini_batch_number(segment, at)
                    bad = self._unscored(base, number, files, records.get(number))
                    yield ScoredBatch((page.number, index), files, bad)

    def _recorded(self, base: str, segments: range) -> dict[int, RecordCounts]:
        """The counts of the mini-batches of some segments that are in finished chunks."""
        chunks = self._jobs.chunks(base, first=segments.start, before=segments.stop)
        return {
            number: counts
            for chunk in chunks
            for number, counts in enumerate(chunk.mini_batches, chunk.first)
        }

    def _unscored(
        self,
        base: Job,
        number: int,
        files: Sequence[PlannedFile],
        counts: RecordCounts | None,
    ) -> set[str]:
        if counts is None:
            return {file.name for file in files}
        if not counts.failed:
            return set()
        kept = self._results.find(base, number)
        named = [failure.file for failure in kept.failures] if kept else []
        return unscored(files, counts.failed, named)

    def _lose(self, job: str, base: str) -> None:
        """Notes, once, that what a base has scored is not there any more."""
        lost = Incremental(
            base,
            f"what the job '{base}' has scored was removed meanwhile; the rest of the input is "
            "scored, whether it is new or not",
        )
        before = self._jobs.get(job).job.incremental
        changed = self._lifecycle.change(job, lambda current: replace(current, incremental=lost))
        if changed.incremental != before:
            self._note(job, f"Incremental: {lost.note}")

    def _note(self, job: str, text: str) -> None:
        logger.info("job %s: %s", job, text)
        try:
            self._jobs.events.add(job, JobEvent(self._clock(), text))
        except StorageError:
            logger.warning("job %s: what happened could not be noted: %s", job, text)
