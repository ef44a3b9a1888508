"""The activity that scores one mini-batch: read, run, record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import azure.durable_functions as df

from activities.piece_records import as_piece
from scoring.result import FailureCause, ScorerError
from scoring.runner import MiniBatchRunner
from scoring.spec import InputFile, PieceFrame
from shared.domain.job import Job, Stop, StopReason
from shared.domain.orchestration import MiniBatchWork, Payload, ScanWork
from shared.domain.plan import PlannedFile
from shared.domain.records import FileFailure, MiniBatchRecord, RecordCounts
from shared.domain.splitting import needs_scan
from shared.errors import BatchpointError, StorageError
from shared.services.attempts import AttemptLog
from shared.services.inputs import Inputs
from shared.services.pieces import PieceReader, PieceRows
from shared.services.pulse import Pulse
from shared.services.results import MiniBatchKey, Results
from shared.services.stops import StopSignals
from shared.storage.jobs import JobRepository

READERS = 32
AT_ONCE = 8


@dataclass(frozen=True)
class Read:
    """The files of a mini-batch that could be read, and why the others could not.

    `rows` are those of the piece, if it is one; a piece without any is no file to score.
    """

    files: tuple[InputFile, ...]
    failures: tuple[FileFailure, ...]
    rows: PieceRows = field(default_factory=PieceRows)


class MiniBatchActivity:
    """Scores mini-batches with scorers that stay loaded between them."""

    def __init__(
        self,
        jobs: JobRepository,
        inputs: Inputs,
        results: Results,
        stops: StopSignals,
        runner: MiniBatchRunner,
        pulse: Pulse,
        pieces: PieceReader,
    ) -> None:
        self._pulse = pulse
        self._inputs = inputs
        self._pieces = pieces
        self._results = results
        self._stops = stops
        self._runner = runner
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="input")
        self._jobs = jobs
        self._attempts = AttemptLog(jobs.events)
        self._job = lru_cache(maxsize=256)(self._read_job)
        self._plan = lru_cache(maxsize=64)(results.plan)

    def register(self, app: df.DFApp) -> None:
        """Registers the activity."""
        app.activity_trigger(input_name="work")(self.scan_pieces)
        app.activity_trigger(input_name="work")(self.score_mini_batch)

    def scan_pieces(self, work: Payload) -> None:
        """Looks through some of a chunk's pieces, so that each can be scored without the others.

        Raises:
            StorageError: Storage did not serve; the host tries again.
        """
        share = ScanWork(**work)
        job = self._job(share.job)
        planned = self._plan(share.job, share.chunk, share.nonce).mini_batches
        pieces = [files[0] for files in planned if needs_scan(files[0])]
        for piece in pieces[share.part :: share.of]:
            if self._stops.reason(share.job, share.run) is not None:
                return
            self._pulse.beat(share.job)
            try:
                self._pieces.scan(job, piece)
            except StorageError:
                raise
            except BatchpointError:
                # Scoring the piece meets the same, and reports it.
                continue

    def score_mini_batch(self, work: Payload) -> dict[str, Any]:
        """Scores one mini-batch, once however often it is called.

        Returns:
            `outcome`: `done`, `retry`, `stopped`, or `busy` where no scorer was free and no
            attempt was made; `stop`: why the job is to stop, None if it is not.

        Raises:
            StorageError: Storage did not serve; the host tries again.
        """
        item = MiniBatchWork(**work)
        reason = self._stops.reason(item.job, item.run)
        if reason is not None:
            return {"outcome": "stopped", "stop": reason}
        self._pulse.beat(item.job)
        with self._pulse.under_way.scoring(item):
            return self._score_and_record(item)

    def _score_and_record(self, item: MiniBatchWork) -> dict[str, Any]:
        job = self._job(item.job)
        key = MiniBatchKey(item.job, item.chunk, item.index)
        files = self._plan(item.job, item.chunk, item.nonce).mini_batches[item.index]
        read = self._read(job, files)
        try:
            record = self._score(job, item, read)
        except ScorerError as error:
            answer = self._answer(job, item, error)
            if answer is not None:
                return answer
            self._attempts.gave_up(item, len(files), error.message)
            record = _given_up(item, files, error)
        if files[0].piece is not None:
            record = as_piece(record, files[0].piece, read.rows)
        if record.counts.failed and self._jobs.find_stop(item.job, item.run) is not None:
            # A run that was stopped must not decide what a later run may still score.
            return {"outcome": "stopped", "stop": self._stops.reason(item.job, item.run)}
        saved = self._results.save(key, record)
        return {"outcome": "done", "stop": self._count(job, item, saved)}

    def _answer(self, job: Job, item: MiniBatchWork, error: ScorerError) -> dict[str, Any] | None:
        """What comes of a failed attempt; None if it was the last one and the files have failed."""
        if error.cause is FailureCause.CANCELED:
            return {"outcome": "stopped", "stop": self._stops.reason(item.job, item.run)}
        if error.cause is FailureCause.BUSY:
            return {"outcome": "busy", "stop": None}
        if item.attempt < _attempts(job, error):
            self._attempts.retried(item, error.message)
            return {"outcome": "retry", "stop": None}
        if error.cause is FailureCause.INIT_FAILED:
            stop = Stop(StopReason.INIT_FAILED, _reason(error))
            return {"outcome": "stopped", "stop": self._stops.request(item.job, item.run, stop)}
        return None

    def _read_job(self, name: str) -> Job:
        return self._jobs.get(name).job

    def _read(self, job: Job, files: tuple[PlannedFile, ...]) -> Read:
        if files[0].piece is not None:
            return self._read_piece(job, files[0])
        outcomes = self._read_all(job, files)
        return Read(
            tuple(item for item in outcomes if isinstance(item, InputFile)),
            tuple(item for item in outcomes if isinstance(item, FileFailure)),
        )

    def _read_all(
        self, job: Job, files: tuple[PlannedFile, ...]
    ) -> list[InputFile | FileFailure | None]:
        """Reads files in this thread and in some others, each taking the next one that is left.

        A thread for each file would spend more on being woken than on reading a small one.
        """
        outcomes: list[InputFile | FileFailure | None] = [None] * len(files)
        left = iter(range(len(files)))

        def read_on() -> None:
            for index in left:
                outcomes[index] = self._read_one(job, files[index])

        helpers = [self._readers.submit(read_on) for _ in range(min(len(files), AT_ONCE) - 1)]
        try:
            read_on()
        finally:
            for helper in helpers:
                helper.cancel()
        for helper in helpers:
            if not helper.cancelled():
                helper.result()
        return outcomes

    def _read_one(self, job: Job, file: PlannedFile) -> InputFile | FileFailure:
        try:
            if job.is_selection:
                return InputFile(file.name, self._inputs.read_selected(job.input_uri, file))
            uri = self._inputs.signatures.uri_of(job)
            return InputFile(file.name, self._inputs.read(uri, file))
        except StorageError:
            raise
        except BatchpointError as error:
            return FileFailure(file.name, f"the file cannot be read: {error.message}")

    def _read_piece(self, job: Job, file: PlannedFile) -> Read:
        try:
            content = self._pieces.read(job, file)
        except StorageError:
            raise
        except BatchpointError as error:
            reason = f"the file cannot be read: {error.message}"
            return Read((), (FileFailure(file.name, reason),))
        if content is None:
            return Read((), ())
        frame = PieceFrame(content.head, content.tail, content.before)
        return Read((InputFile(file.name, content.data, frame),), (), content.rows)

    def _score(self, job: Job, item: MiniBatchWork, read: Read) -> MiniBatchRecord:
        """Runs the files that could be read.

        Raises:
            ScorerError: The attempt failed.
        """
        if not read.files:
            failed = len(read.failures)
            counts = RecordCounts(failed, failed, 0, item.attempt, 0, run=item.run)
            return MiniBatchRecord(counts, failures=read.failures)
        with self._stops.canceled(job.name, item.run) as canceled:
            attempt = self._runner.run(job, item, read.files, canceled)
        result = attempt.result
        failures = read.failures + result.failures
        counts = RecordCounts(
            files=len(read.files) + len(read.failures),
            failed=len(failures),
            rows=result.row_count,
            attempts=item.attempt,
            seconds=result.seconds,
            run=item.run,
        )
        return MiniBatchRecord(counts, result.columns, failures, result.rows, attempt.written)

    def _count(self, job: Job, item: MiniBatchWork, record: MiniBatchRecord) -> StopReason | None:
        """Adds failed files to the job's; answers why the job is to stop, None if it is not."""
        if not record.counts.failed:
            return None
        key = MiniBatchKey(item.job, item.chunk, item.index)
        total = self._results.count_failed(key, record.counts)
        threshold = job.settings.error_threshold
        if threshold < 0 or total <= threshold:
            return None
        return self._stops.request(job.name, item.run, Stop(StopReason.ERROR_THRESHOLD))


def _attempts(job: Job, error: ScorerError) -> int:
    """How often to try; a model that does not load is tried once more, lest each try takes long."""
    retries = job.settings.retry_settings.max_retries
    return 1 + (min(retries, 1) if error.cause is FailureCause.INIT_FAILED else retries)


def _reason(error: ScorerError) -> str:
    return f"{error.message}\n{error.traceback}".strip()


def _given_up(
    item: MiniBatchWork, files: tuple[PlannedFile, ...], error: ScorerError
) -> MiniBatchRecord:
    """The record of a mini-batch of which every attempt failed."""
    reason = _reason(error)
    return MiniBatchRecord(
        RecordCounts(len(files), len(files), 0, item.attempt, 0, gave_up=True, run=item.run),
        failures=tuple(FileFailure(file.name, reason) for file in files),
    )
