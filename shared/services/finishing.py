"""Ends a job: commits its output, or says why there is none."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from itertools import islice

from shared.domain.job import Counts, Job, JobError, JobStatus, Stop, StopReason
from shared.domain.plan import mini_batch_number
from shared.domain.records import HEADER_BLOCK_ID, ChunkRecord, common_columns
from shared.domain.uris import DatastorePath
from shared.errors import ConflictError
from shared.services.clock import Clock
from shared.services.lifecycle import JobLifecycle
from shared.services.outputs import JOB_METADATA, Outputs
from shared.services.results import MiniBatchKey, Results
from shared.storage.datastores import Datastores
from shared.storage.jobs import JobRepository
from shared.storage.ports import BlobStore

CSV_TYPE = "text/csv; charset=utf-8"


@dataclass(frozen=True)
class _Gathered:
    """What all chunks gave together, in the order of the input."""

    chunks: tuple[ChunkRecord, ...]
    columns: tuple[str, ...] | None
    problem: str | None

    @property
    def counts(self) -> Counts:
        return sum((chunk.counts for chunk in self.chunks), Counts())


class Finisher:
    """Moves a job to its final status."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        datastores: Datastores,
        results: Results,
        outputs: Outputs,
        lifecycle: JobLifecycle,
        clock: Clock,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._datastores = datastores
        self._results = results
        self._outputs = outputs
        self._lifecycle = lifecycle
        self._clock = clock

    def finish(self, name: str, error: JobError | None) -> JobStatus:
        """Ends a job; ending it again changes nothing.

        Args:
            name: The job.
            error: Why it failed; None if everything was scored.

        Returns:
            The status that the job has from now on.
        """
        job = self._lifecycle.move(name, JobStatus.FINALIZING)
        if job.status.is_final:
            return job.status
        stop = self._jobs.find_stop(name)
        if stop is not None and stop.reason is StopReason.CANCELED:
            return self._end(job, JobStatus.CANCELED, None)
        problem = self._stop_error(job, stop) if stop else error or self._complete(job)
        return self._end(job, JobStatus.FAILED if problem else JobStatus.COMPLETED, problem)

    def _end(self, job: Job, status: JobStatus, error: JobError | None) -> JobStatus:
        ended = self._lifecycle.change(
            job.name,
            lambda current: (
                current
                if current.status.is_final
                else replace(current, status=status, error=error, ended_at=self._clock())
            ),
        )
        self._jobs.release_output(job)
        return ended.status

    def _complete(self, job: Job) -> JobError | None:
        gathered = self._gather(job)
        if gathered.problem:
            return JobError("ColumnsDiffer", gathered.problem)
        missing = job.plan.mini_batches - gathered.counts.mini_batches_done
        if missing:
            return JobError("Incomplete", f"{missing} mini-batches have no result")
        try:
            self._commit_output(job, gathered)
        except ConflictError:
            if not self._outputs.belongs_to(job):
                return JobError(
                    "OutputExists",
                    f"the output '{job.output.file}' was written by someone else while the job "
                    "ran; it was left as it is",
                )
        failures = b"".join(self._failures(job))
        self._write(job.output.failed_files, failures, "application/jsonl")
        self._write(job.output.manifest, _manifest(job, gathered), "application/json")
        return None

    def _stop_error(self, job: Job, stop: Stop) -> JobError:
        if stop.reason is StopReason.INIT_FAILED:
            return JobError("ScorerInitFailed", f"the model cannot be loaded: {stop.detail}")
        return self._threshold_error(job)

    def _threshold_error(self, job: Job) -> JobError:
        failed = sum(files for _, _, files in self._jobs.failed_mini_batches(job.name))
        first = [json.loads(line) for line in islice(self._failures(job), 3)]
        causes = "; ".join(f"{item['file']}: {item['message']}" for item in first)
        return JobError(
            "ErrorThresholdExceeded",
            f"{failed} files failed, more than the error_threshold of "
            f"{job.settings.error_threshold} allows; the first errors: {causes}",
        )

    def _gather(self, job: Job) -> _Gathered:
        chunks = tuple(self._jobs.chunks(job.name))
        named = [(f"chunk {chunk.chunk}", chunk.columns) for chunk in chunks if chunk.counts.rows]
        columns, problem = common_columns(named)
        return _Gathered(chunks, columns, problem)

    def _commit_output(self, job: Job, gathered: _Gathered) -> None:
        container, name = self._datastores.locate(job.output.file)
        blocks = [block for chunk in gathered.chunks for block in chunk.blocks]
        if gathered.columns is not None:
            self._blobs.stage_block(container, name, HEADER_BLOCK_ID, _header(gathered.columns))
            blocks.insert(0, HEADER_BLOCK_ID)
        self._blobs.commit_blocks(
            container, name, blocks, content_type=CSV_TYPE, metadata={JOB_METADATA: job.name}
        )

    def _failures(self, job: Job) -> Iterator[bytes]:
        """One JSON line for each failed file that is known, in the order of the input."""
        for chunk, index, _ in self._jobs.failed_mini_batches(job.name):
            record = self._results.find(MiniBatchKey(job.name, chunk, index))
            for failure in record.failures if record else ():
                line = {
                    "file": failure.file,
                    "message": failure.message,
                    "mini_batch": mini_batch_number(chunk, index),
                    "attempts": record.counts.attempts if record else 0,
                }
                yield json.dumps(line, ensure_ascii=False).encode() + b"\n"

    def _write(self, place: DatastorePath, data: bytes, content_type: str) -> None:
        container, name = self._datastores.locate(place)
        self._blobs.write(container, name, data, content_type=content_type)


def _header(columns: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(columns)
    return text.getvalue().encode()


def _manifest(job: Job, gathered: _Gathered) -> bytes:
    counts = gathered.counts
    document = {
        "job": job.name,
        "endpoint": job.endpoint_name,
        "deployment": job.deployment.name,
        "model": asdict(job.deployment.model),
        "input": job.input_uri,
        "output": str(job.output.file),
        "columns": gathered.columns,
        "files": {
            "in": job.plan.files,
            "scored": counts.files_scored,
            "failed": counts.files_failed,
        },
        "rows": counts.rows,
        "mini_batches": [
            {"number": mini_batch_number(chunk.chunk, index), **asdict(item)}
            for chunk in gathered.chunks
            for index, item in enumerate(chunk.mini_batches)
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()
