"""Jobs and their progress."""

from typing import NotRequired

from typing_extensions import TypedDict

from api.answers.endpoints import DeployedModel, ScoringSettings
from api.answers.principals import Creator
from api.answers.values import Count, PastTime, Time, Uri
from shared.jobs.model import JobStatus


class JobError(TypedDict):
    """Reason of the job's failure."""

    code: str
    message: str


class JobInput(TypedDict):
    """Input of a job."""

    uri: str


class Incremental(TypedDict):
    """Base of a job that does not score all of its input."""

    base: str | None
    """The job whose scored files are skipped.

    Null where there is none, or before the job is planned.
    """
    note: str
    """The same in words, or why everything is scored."""


class JobOutput(TypedDict):
    """Place of the results."""

    datastore: str
    path: str
    file_name: str
    uri: str


class JobTiming(TypedDict):
    """Times at which the job was created, started and ended."""

    created_at: Time
    started_at: PastTime
    ended_at: PastTime
    elapsed_seconds: NotRequired[float | None]
    """Not in lists."""


class StudioLink(TypedDict):
    """The job's page in the studio."""

    endpoint: Uri


class InteractionEndpoints(TypedDict):
    """Page of the job for people."""

    Studio: StudioLink


class JobSummary(TypedDict):
    """A job without its progress."""

    name: str
    endpoint: str
    deployment: str
    status: JobStatus
    error: JobError | None
    model: DeployedModel
    input: JobInput
    incremental: Incremental | None
    output: JobOutput
    created_by: Creator | None
    settings: ScoringSettings
    timing: JobTiming
    interactionEndpoints: InteractionEndpoints


class FileCounts(TypedDict):
    """Input files of a job; `total` grows until the listing is complete."""

    total: Count
    scored: Count
    failed: Count
    skipped: NotRequired[Count]
    """Files besides the total that an earlier job has scored; for incremental jobs alone."""


class MiniBatchCounts(TypedDict):
    """Mini-batches of a job."""

    total: Count
    done: Count
    failed: Count
    retried: Count


class JobCounts(TypedDict):
    """Progress of a job."""

    files: FileCounts
    mini_batches: MiniBatchCounts
    rows: Count
    planning_complete: bool
    """False while the totals may still grow."""


class JobRate(TypedDict):
    """Speed of a job."""

    files_per_second: float | None
    rows_per_second: float | None


class FileError(TypedDict):
    """Reason of the failure of input files."""

    file: str | None
    """The first file that failed so; null where that is not known."""
    files: int
    """How many files failed so."""
    message: str
    mini_batch: int
    attempts: int


class KeptUntil(TypedDict):
    """Until when things of an ended job are kept; null is forever, or not known yet."""

    records: Time | None
    """With them it can be resumed."""
    logs: Time | None
    job: Time | None


class Job(JobSummary):
    """A job with its live counts, speed and first errors."""

    counts: JobCounts
    rate: JobRate
    estimated_seconds_left: float | None
    first_errors: list[FileError]
    kept_until: KeptUntil
