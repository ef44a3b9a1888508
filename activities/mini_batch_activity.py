"""The activity that scores one mini-batch: read, run, record."""

from typing import Any

import azure.durable_functions as df

from activities.mini_batch_files import MiniBatchFiles, Read
from activities.piece_records import as_piece
from scoring.process.result import FailureCause, ScorerError
from scoring.runner import MiniBatchRunner
from shared.invocation_logs import in_invocation
from shared.jobs.attempt_log import AttemptLog
from shared.jobs.frozen import FrozenJobs
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.model import Job, Stop, StopReason
from shared.jobs.plan import PlannedFile, PlanReference
from shared.jobs.records import FileFailure, MiniBatchRecord, RecordCounts
from shared.jobs.stop_signals import StopSignals
from shared.jobs.work import MiniBatchAnswer, MiniBatchWork, Outcome
from shared.messages import Payload
from shared.results.store import Results


class MiniBatchActivity:
    """Scores mini-batches with scorers that stay loaded between them."""

    def __init__(
        self,
        jobs: FrozenJobs,
        files: MiniBatchFiles,
        results: Results,
        stops: StopSignals,
        runner: MiniBatchRunner,
        attempts: AttemptLog,
        heartbeat: Heartbeat,
    ) -> None:
        self._jobs = jobs
        self._files = files
        self._results = results
        self._stops = stops
        self._runner = runner
        self._attempts = attempts
        self._heartbeat = heartbeat

    def register(self, app: df.DFApp) -> None:
        """Registers the activity."""
        app.activity_trigger(input_name="work")(in_invocation(self.score_mini_batch))

    def score_mini_batch(self, work: Payload) -> dict[str, Any]:
        """Scores one mini-batch, once however often it is called; answers `MiniBatchAnswer`.

        Raises:
            StorageError: Storage did not serve; the orchestrator tries again.
        """
        item = MiniBatchWork.read(work)
        reason = self._stops.reason(item.key)
        if reason is not None:
            return MiniBatchAnswer.stopped(reason).payload()
        self._heartbeat.record(item.job)
        with self._heartbeat.in_progress.scoring(item):
            return self._score_and_record(item).payload()

    def _score_and_record(self, item: MiniBatchWork) -> MiniBatchAnswer:
        job = self._jobs.of(item.key)
        if item.again:
            record = self._results.find(job, item.number)
            if record is not None:
                return self._done(job, item, record, 0.0)
        files = self._results.files(item.job, PlanReference.read(item.plan), item.number)
        read = self._files.read(job, files)
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
        stop = self._stops.look_again(item.key) if record.counts.failed else None
        if stop is not None:
            # A run that was stopped must not decide what a later run may still score.
            return MiniBatchAnswer.stopped(stop)
        saved = self._results.save(job, item.number, record)
        return self._done(job, item, saved, read.seconds + record.counts.seconds)

    def _done(
        self, job: Job, item: MiniBatchWork, record: MiniBatchRecord, seconds: float
    ) -> MiniBatchAnswer:
        stop = self._count(job, item, record)
        return MiniBatchAnswer(Outcome.DONE.value, stop.value if stop else None, round(seconds, 4))

    def _answer(self, job: Job, item: MiniBatchWork, error: ScorerError) -> MiniBatchAnswer | None:
        """Decides about a failed attempt; None if it was the last one and the files have failed."""
        if error.cause is FailureCause.CANCELED:
            return MiniBatchAnswer.stopped(self._stops.reason(item.key))
        if error.cause is FailureCause.BUSY:
            return MiniBatchAnswer(Outcome.BUSY.value)
        if item.attempt < _attempts(job, error):
            self._attempts.retried(item, error.message)
            return MiniBatchAnswer(Outcome.RETRY.value)
        if error.cause is FailureCause.INIT_FAILED:
            stop = Stop(StopReason.INIT_FAILED, _reason(error))
            return MiniBatchAnswer.stopped(self._stops.request(item.key, stop))
        return None

    def _score(self, job: Job, item: MiniBatchWork, read: Read) -> MiniBatchRecord:
        """Runs the files that could be read.

        Raises:
            ScorerError: The attempt failed.
        """
        if not read.files:
            failed = len(read.failures)
            counts = RecordCounts(failed, failed, 0, item.attempt, 0, run=item.run)
            return MiniBatchRecord(counts, failures=read.failures)
        with self._stops.canceled(item.key) as canceled:
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
        total = self._results.count_failed(job, item.number, record.counts)
        threshold = job.settings.error_threshold
        if threshold < 0 or total <= threshold:
            return None
        return self._stops.request(item.key, Stop(StopReason.ERROR_THRESHOLD))


def _attempts(job: Job, error: ScorerError) -> int:
    """Number of attempts.

    A model that does not load gets one more, as each attempt may take long.
    """
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
