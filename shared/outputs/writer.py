"""Writes what a job gave: the output, the manifest that proves its counts, the failed files."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice

from shared.assets.datastores import Datastores
from shared.endpoints.scoring_settings import OutputAction
from shared.errors import ConflictError
from shared.jobs.model import Counts, Job, JobError
from shared.jobs.plan import PlannedFile, place_of
from shared.jobs.records import ChunkRecord, RecordCounts, tally
from shared.jobs.repository import JobRepository
from shared.outputs.assembly import OutputAssembly
from shared.outputs.files import Outputs
from shared.outputs.folder import WRITTEN, OutputFolder
from shared.planning.incremental import IncrementalService
from shared.results.store import Results
from shared.storage.ports import BlobStore
from shared.uris import DatastorePath, shown_uri

CAUSES = 3
CAUSE_CHARACTERS = 1000
SKIPPED_BLOCK_BYTES = 4 * 2**20

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Gathered:
    """Results of all chunks together, in the order of the input."""

    chunks: tuple[ChunkRecord, ...]
    columns: tuple[str, ...] | None
    problem: str | None

    @cached_property
    def counts(self) -> Counts:
        return tally(item for chunk in self.chunks for item in chunk.mini_batches)


class OutputWriter:
    """Writes what jobs gave, each at most once."""

    def __init__(
        self,
        jobs: JobRepository,
        blobs: BlobStore,
        datastores: Datastores,
        results: Results,
        outputs: Outputs,
        incremental: IncrementalService,
    ) -> None:
        self._jobs = jobs
        self._blobs = blobs
        self._datastores = datastores
        self._results = results
        self._outputs = outputs
        self._incremental = incremental
        self._assembly = OutputAssembly(blobs, datastores, outputs)
        self._folder = OutputFolder(blobs, datastores)

    def write(self, job: Job) -> JobError | None:
        """Writes all that a job gave; writing it again changes nothing.

        Returns:
            Why it could not be written, None if it was.
        """
        gathered = self._gather(job)
        if gathered.problem:
            return JobError("ColumnsDiffer", gathered.problem)
        missing = job.plan.mini_batches - gathered.counts.mini_batches_done
        if missing:
            return JobError("Incomplete", f"{missing} mini-batches have no result")
        failed, threshold = gathered.counts.files_failed, job.settings.error_threshold
        if 0 <= threshold < failed:
            # Here where a host died just before it would have asked the job to stop.
            return self.threshold_error(job)
        written: dict[str, str] | None = None
        if job.settings.output_action is OutputAction.SUMMARY_ONLY:
            written = self._written(job, gathered)
            is_ours = self._folder.publish(job, written)
        else:
            is_ours = self._assembly.commit(job, gathered.chunks, gathered.columns)
        if not is_ours:
            return JobError(
                "OutputExists",
                f"the output '{job.output.file}' was written by someone else while the job "
                "ran; it was left as it is",
            )
        lines = (json.dumps(line, ensure_ascii=False) + "\n" for line in self.failures(job))
        failures = "".join(lines).encode()
        self._write(job.output.failed_files, failures, "application/jsonl")
        if job.incremental is not None:
            self._write_skipped(job)
        names = self._split_files(job, gathered)
        manifest = _manifest(job, gathered, written, names)
        self._write(job.output.manifest, manifest, "application/json")
        if written is not None:
            self._folder.complete(job)
        return None

    def threshold_error(self, job: Job) -> JobError:
        """Returns the error of a job with too many failed files, with the first causes."""
        failed = self._jobs.failed_files(job.name)
        causes = "; ".join(
            f"{failure['file'] or 'one file'}: {_first_line(failure['message'])}"
            for failure in islice(self.failures(job), CAUSES)
        )
        return JobError(
            "ErrorThresholdExceeded",
            f"{failed} files failed, more than the error_threshold of "
            f"{job.settings.error_threshold} allows; the first errors: {causes}",
        )

    def failures(self, job: Job) -> Iterator[dict[str, object]]:
        """Each failed file with its reason, in the order of the input."""
        for number, record in self._results.failed(job):
            for failure in record.failures:
                yield {
                    "file": failure.file,
                    "message": failure.message,
                    "mini_batch": number,
                    "attempts": record.counts.attempts,
                    **_piece(record.counts),
                }

    def _gather(self, job: Job) -> _Gathered:
        """Reads what the run has finished; if the output was written before, what that run has."""
        recorded = tuple(self._jobs.chunks(job.name))
        run = job.run
        if any(chunk.run != run for chunk in recorded) and self._outputs.is_written(job):
            run = max(chunk.run for chunk in recorded)
        chunks = tuple(chunk for chunk in recorded if chunk.run == run)
        named = [(f"mini-batch {chunk.first}", chunk.columns) for chunk in chunks if chunk.has_rows]
        columns, problem = job.output_format.common_columns(named)
        return _Gathered(chunks, columns, problem)

    def _written(self, job: Job, gathered: _Gathered) -> dict[str, str]:
        """Returns the places of scripts' files by name; of equal names the last stays."""
        records = (
            self._results.find(job, number)
            for chunk in gathered.chunks
            for number in range(chunk.first, chunk.end)
        )
        return {file.name: file.blob for record in records if record for file in record.written}

    def _split_files(self, job: Job, gathered: _Gathered) -> dict[int, str]:
        """The names of the files that were split, by their numbers."""
        with_pieces = {
            place_of(chunk.first)[0]
            for chunk in gathered.chunks
            if any(item.file is not None for item in chunk.mini_batches)
        }
        names: dict[int, str] = {}
        for page in self._jobs.plan_pages(job.name) if with_pieces else ():
            for segment in with_pieces.intersection(page.segments):
                for files in self._results.plan(job.name, page, segment).mini_batches:
                    if files[0].piece is not None:
                        names[files[0].piece.file] = files[0].name
        return names

    def _write_skipped(self, job: Job) -> None:
        """Lists what was not scored again, in blocks, as that may be most of a large input."""
        container, name = self._datastores.locate(job.output.skipped_files)
        self._blobs.delete(container, name)
        blocks: list[str] = []
        for data in _in_blocks(self._incremental.skipped(job.name)):
            blocks.append(f"{len(blocks):08d}")
            self._blobs.stage_block(container, name, blocks[-1], data)
        try:
            self._blobs.commit_blocks(container, name, blocks, content_type="application/jsonl")
        except ConflictError:
            logger.info("the skipped files of job %s are listed by another finish of it", job.name)

    def _write(self, place: DatastorePath, data: bytes, content_type: str) -> None:
        container, name = self._datastores.locate(place)
        self._blobs.write(container, name, data, content_type=content_type)


def _in_blocks(files: Iterable[PlannedFile]) -> Iterator[bytes]:
    """One JSON object a line, `file` and `etag`, in pieces of some MB."""
    block = bytearray()
    for file in files:
        line = json.dumps({"file": file.name, "etag": file.etag}, ensure_ascii=False)
        block += f"{line}\n".encode()
        if len(block) >= SKIPPED_BLOCK_BYTES:
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)


def _first_line(message: object) -> str:
    """Returns the error without the traceback, which is among the job's first errors."""
    return str(message).partition("\n")[0][:CAUSE_CHARACTERS]


def _piece(counts: RecordCounts) -> dict[str, object]:
    """Returns the part of its file that a piece is; empty for whole files."""
    if counts.file is None:
        return {}
    return {"piece": counts.piece, "first_row": counts.first_row, "rows_in": counts.rows_in}


def _counts(counts: RecordCounts, names: Mapping[int, str]) -> dict[str, object]:
    keys = ("files", "failed", "rows", "attempts", "seconds", "gave_up", "run")
    listed: dict[str, object] = {key: getattr(counts, key) for key in keys}
    if counts.file is not None:
        listed["file"] = names.get(counts.file)
    return listed | _piece(counts)


def _incremental(job: Job) -> dict[str, object]:
    return {"incremental": asdict(job.incremental)} if job.incremental else {}


def _listed(job: Job) -> dict[str, int]:
    """Counts of an incremental job: files listed = files in + files skipped."""
    if job.incremental is None:
        return {}
    return {"skipped": job.plan.skipped, "listed": job.plan.files + job.plan.skipped}


def _manifest(
    job: Job, gathered: _Gathered, written: Iterable[str] | None, names: Mapping[int, str]
) -> bytes:
    counts = gathered.counts
    document = {
        "job": job.name,
        "endpoint": job.endpoint_name,
        "deployment": job.deployment.name,
        "model": asdict(job.deployment.model),
        "input": shown_uri(job.input_uri),
        "output": str(job.output.file),
        "columns": gathered.columns,
        **_incremental(job),
        "files": {
            "in": job.plan.files,
            "scored": counts.files_scored,
            "failed": counts.files_failed,
            **_listed(job),
        },
        "rows": counts.rows,
        **({} if written is None else {WRITTEN: sorted(written)}),
        "mini_batches": [
            {"number": number, **_counts(item, names)}
            for chunk in gathered.chunks
            for number, item in enumerate(chunk.mini_batches, chunk.first)
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"
