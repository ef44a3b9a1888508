"""Jobs: what one invocation froze, and the state that its execution moves through."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.endpoints.model import Deployment
from shared.endpoints.scoring_settings import ScoringSettings
from shared.formats.output_format import OutputFormat
from shared.formats.output_formats import CSV
from shared.principal import Creator
from shared.uris import DatastorePath


class JobStatus(StrEnum):
    """State of a job, in the words of Azure ML."""

    NOT_STARTED = "NotStarted"
    QUEUED = "Queued"
    PREPARING = "Preparing"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    CANCEL_REQUESTED = "CancelRequested"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def is_final(self) -> bool:
        """True if the job has ended."""
        return self in {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELED}


class RetentionState(StrEnum):
    """True if something that a job left is there, all of it."""

    PRESENT = "kept"
    REMOVING = "removing"
    REMOVED = "removed"


class StopReason(StrEnum):
    """Reason that a job's execution starts nothing more."""

    ERROR_THRESHOLD = "error_threshold"
    INIT_FAILED = "init_failed"
    FAILED = "failed"
    CANCELED = "canceled"
    ENDED = "ended"

    @property
    def kills(self) -> bool:
        """True if what is under way is ended too, since nobody waits for it any more."""
        return self in {StopReason.CANCELED, StopReason.ENDED}


@dataclass(frozen=True)
class Stop:
    """That a run of a job is to start nothing more.

    Attributes:
        reason: The first reason that was given.
        detail: What the user should know of it.
        kills: True if a `run()` under way is killed: for the first reason, or for any later one.
        code: The code of the error that a run which has `failed` ends with.
    """

    reason: StopReason
    detail: str = ""
    kills: bool = False
    code: str = ""


@dataclass(frozen=True)
class JobOutput:
    """Place of the results: a folder in a datastore, and the name of the file in it."""

    datastore: str
    path: str
    file_name: str

    @property
    def folder(self) -> DatastorePath:
        """The folder that holds all that the job writes."""
        return DatastorePath(self.datastore, self.path)

    @property
    def file(self) -> DatastorePath:
        """The output file."""
        return self.folder.child(self.file_name)

    @property
    def manifest(self) -> DatastorePath:
        """The proof of the counts, beside the output file."""
        return self._beside(".manifest.json")

    @property
    def failed_files(self) -> DatastorePath:
        """The list of failed files, beside the output file; one JSON object a line."""
        return self._beside(".failed.jsonl")

    @property
    def skipped_files(self) -> DatastorePath:
        """The list of files that an earlier job has scored, beside the output file."""
        return self._beside(".skipped.jsonl")

    @property
    def incomplete(self) -> DatastorePath:
        """The marker of a folder that is still being written, beside the output file."""
        return self._beside(".incomplete.json")

    def _beside(self, suffix: str) -> DatastorePath:
        stem = self.file_name.rpartition(".")[0] or self.file_name
        return self.folder.child(stem + suffix)


@dataclass(frozen=True)
class JobError:
    """Reason of a job's failure: a short code, and a sentence with counts and causes."""

    code: str
    message: str


@dataclass(frozen=True)
class JobRun:
    """A run of a job: what a process remembers about a job is kept under it.

    Attributes:
        job: The job's name.
        run: The number of the run.
        identity: Tells the job apart from an earlier one of its name that was deleted.
    """

    job: str
    run: int
    identity: str


class RecordStorage(StrEnum):
    """Store of the records of a job's mini-batches."""

    BLOBS = "blobs"
    TABLE = "table"


@dataclass(frozen=True)
class Notification:
    """That a job has a status which webhooks want to know of, and were not told of yet.

    Attributes:
        event_id: The same however often it is told.
        status: What the job became.
        run: Of which run.
        at: When.
        error: Why it failed.
        webhooks: The ids of those that are to be told.
    """

    event_id: str
    status: JobStatus
    run: int
    at: datetime
    error: JobError | None
    webhooks: tuple[str, ...]


@dataclass(frozen=True)
class PlanTotals:
    """Totals of the listing so far; `size` in bytes, `complete` when it has ended.

    `files` are those to score; `skipped` others, which an earlier job has scored. `segments` are
    the parts in which the plan is written down.
    """

    files: int = 0
    mini_batches: int = 0
    segments: int = 0
    size: int = 0
    complete: bool = False
    skipped: int = 0


@dataclass(frozen=True)
class Incremental:
    """That a job scores only what is new or changed since an earlier one, its base.

    Attributes:
        base: The job whose scored files are skipped; None where there is none, or before the
            job is planned.
        note: What is told of that; empty before the job is planned.
    """

    base: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Counts:
    """Counts of scored files and mini-batches, and of the rows.

    Attributes:
        files_scored: Files that were scored without an error.
        files_failed: Files that were given up.
        mini_batches_done: Mini-batches that need no more work, failed ones included.
        mini_batches_failed: Those of which every attempt failed.
        mini_batches_retried: Those that needed more than one attempt.
        rows: Rows of output.
    """

    files_scored: int = 0
    files_failed: int = 0
    mini_batches_done: int = 0
    mini_batches_failed: int = 0
    mini_batches_retried: int = 0
    rows: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.files_scored + other.files_scored,
            self.files_failed + other.files_failed,
            self.mini_batches_done + other.mini_batches_done,
            self.mini_batches_failed + other.mini_batches_failed,
            self.mini_batches_retried + other.mini_batches_retried,
            self.rows + other.rows,
        )


@dataclass(frozen=True)
class Job:
    """One invocation's durable execution.

    Attributes:
        deployment: As it was when the job was created; later changes do not reach the job.
        settings: The deployment's with the invocation's overrides: what the job runs with.
        input_uri: A datastore URI, or a public web address without the values of its query.
        input_key: Where these values are kept; empty where there are none.
        idempotency_key: The caller's key; a repeated request with it gets this job.
        created_by: Who invoked the endpoint; None for a job from before there was sign-in.
        is_selection: Whether only the files are scored that were written down beside the job.
        incremental: What it builds on, if it does not score all of its input.
        run: How often the job was started: 1, and one more each time that it is resumed, or that
            the watchdog starts it again.
        resumed_at: When the current run was asked for; None for the first.
        records: Whether plans and records are there; without them it cannot be resumed.
        logs: Whether its logs are there.
        untold: What webhooks are still to be told, the earliest first; stored with the status.
        is_deleted: Whether it is only there until all that belongs to it is removed.
        records_in: Where the records of its mini-batches are; jobs of earlier versions of the app
            have them in blobs.
    """

    name: str
    endpoint_name: str
    deployment: Deployment
    settings: ScoringSettings
    input_uri: str
    output: JobOutput
    created_at: datetime
    status: JobStatus = JobStatus.NOT_STARTED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error: JobError | None = None
    idempotency_key: str | None = None
    created_by: Creator | None = None
    input_key: str = ""
    plan: PlanTotals = field(default_factory=PlanTotals)
    is_selection: bool = False
    incremental: Incremental | None = None
    run: int = 1
    resumed_at: datetime | None = None
    records: RetentionState = RetentionState.PRESENT
    logs: RetentionState = RetentionState.PRESENT
    is_deleted: bool = False
    untold: tuple[Notification, ...] = ()
    records_in: RecordStorage = RecordStorage.BLOBS

    @property
    def asked_at(self) -> datetime:
        """Time at which the current run was asked for."""
        return self.resumed_at or self.created_at

    @property
    def identity(self) -> str:
        """Tells the job apart from an earlier one of its name that was deleted."""
        return f"{self.created_at.timestamp():.6f}"

    @property
    def output_format(self) -> OutputFormat:
        """The format of the output file, and of the rows in records."""
        return CSV

    @property
    def current_run(self) -> JobRun:
        """The run that the job is at."""
        return JobRun(self.name, self.run, self.identity)

    @property
    def instance_id(self) -> str:
        """The id of the orchestration that executes the job's current run."""
        return self.name if self.run == 1 else f"{self.name}.{self.run}"
