"""Runs one attempt at a mini-batch, and keeps what it printed and the files it wrote."""

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from uuid import uuid4

from scoring.deployments import DeploymentSpecs
from scoring.output_folder import BLOCK, FoundFile, OutputFolder, output_folder
from scoring.pool.pool import ScorerPool
from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import InputFile, ScoreRequest
from shared.endpoints.scoring_settings import OutputAction
from shared.endpoints.time_budget import TimeBudget
from shared.jobs.blob_names import log_blob, written_folder
from shared.jobs.model import Job
from shared.jobs.records import WrittenFile
from shared.jobs.work import MiniBatchWork
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class Attempt:
    """Result of an attempt: the result of run(), and the files that the script wrote."""

    result: ScoreResult
    written: tuple[WrittenFile, ...]


class MiniBatchRunner:
    """Gives mini-batches to scorers."""

    def __init__(
        self,
        specs: DeploymentSpecs,
        pool: ScorerPool,
        blobs: BlobStore,
        budget: TimeBudget,
        *,
        one_host: bool,
        processes: int = 1,
    ) -> None:
        """Takes what scoring stands on.

        Args:
            specs: How scorers of deployments are made.
            pool: The scorers of this worker process.
            blobs: Where logs and files of scripts are kept.
            budget: How long a mini-batch may wait for a scorer.
            one_host: True if this instance does all of a job's work.
            processes: How many worker processes share the instance.
        """
        self._specs = specs
        self._pool = pool
        self._blobs = blobs
        self._budget = budget
        self._one_host = one_host
        self._processes = processes

    def run(
        self, job: Job, item: MiniBatchWork, files: Sequence[InputFile], canceled: threading.Event
    ) -> Attempt:
        """Runs one attempt.

        Args:
            job: The job, with its frozen deployment and settings.
            item: Which mini-batch, and which attempt at it.
            files: Its files, read already.
            canceled: Ends the run when it is set.

        Raises:
            ScorerError: The attempt failed.
            StorageError: Storage did not serve; worth a retry.
        """
        settings = job.settings
        spec = self._specs.spec(job.deployment, settings.logging_level)
        on_instance = (
            settings.concurrency if self._one_host else settings.max_concurrency_per_instance
        )
        slots = -(-on_instance // self._processes)
        writes_files = settings.output_action is OutputAction.SUMMARY_ONLY
        with output_folder(spec.output_parent) if writes_files else nullcontext() as folder:
            request = ScoreRequest(
                files=files,
                output_action=settings.output_action.value,
                timeout=settings.retry_settings.timeout,
                output_dir=folder and folder.path,
                output_format=job.output_format,
            )
            try:
                result = self._pool.score(
                    spec,
                    request,
                    slots=slots,
                    canceled=canceled,
                    max_wait=self._budget.wait_seconds(request.timeout),
                )
            except ScorerError as error:
                if error.cause is FailureCause.BUSY:
                    raise
                cause = f"{error.message}\n{error.traceback}".strip() + "\n"
                self._keep_log(item, error.log + cause.encode())
                raise
            self._keep_log(item, result.log)
            return Attempt(result, self._keep_files(item, folder, canceled) if folder else ())

    def _keep_log(self, item: MiniBatchWork, log: bytes) -> None:
        if log:
            name = log_blob(item.job, item.number, item.attempt)
            self._blobs.write(SYSTEM_CONTAINER, name, log, content_type="text/plain")

    def _keep_files(
        self, item: MiniBatchWork, folder: OutputFolder, canceled: threading.Event
    ) -> tuple[WrittenFile, ...]:
        """Stores what the script wrote, apart from what other attempts did."""
        place = written_folder(item.job, item.number, uuid4().hex[:12])
        found: list[WrittenFile] = []
        for file in folder.files():
            self._keep_file(file, place + file.name, canceled)
            found.append(WrittenFile(file.name, place + file.name))
        return tuple(found)

    def _keep_file(self, file: FoundFile, blob: str, canceled: threading.Event) -> None:
        if file.size <= BLOCK:
            self._blobs.write(SYSTEM_CONTAINER, blob, b"".join(file.blocks()))
            return
        ids: list[str] = []
        for data in file.blocks():
            if canceled.is_set():
                raise ScorerError(FailureCause.CANCELED, "canceled while files were being stored")
            ids.append(f"{len(ids):06d}")
            self._blobs.stage_block(SYSTEM_CONTAINER, blob, ids[-1], data)
        self._blobs.commit_blocks(SYSTEM_CONTAINER, blob, ids)
