"""The JSON shapes of the HTTP API, as types; see docs/api.md for what the keys mean.

They are typed dictionaries, so that what the service adds later still reaches the user.
"""

from typing import Any, NotRequired, TypedDict

JsonObject = dict[str, Any]


class Deployment(TypedDict):
    """A model, its code and its settings, as shown."""

    name: str
    endpoint_name: str
    provisioning_state: str
    model: JsonObject
    provisioning_error: NotRequired[str | None]
    warnings: NotRequired[list[str]]


class BuildLog(TypedDict):
    """What was printed while a deployment's environment was built."""

    endpoint: str
    deployment: str
    provisioning_state: str
    provisioning_error: str | None
    text: str


class Endpoint(TypedDict):
    """A stable name and its scoring URI, as shown."""

    name: str
    scoring_uri: str
    provisioning_state: str
    traffic: dict[str, int]
    tags: dict[str, str]
    deployments: list[Deployment]
    description: NotRequired[str]


class FileCounts(TypedDict):
    """Input files of a job; `total` grows until the listing is complete.

    `skipped`: those besides that an incremental job leaves out.
    """

    total: int
    scored: int
    failed: int
    skipped: NotRequired[int]


class JobCounts(TypedDict):
    """How far a job is."""

    files: FileCounts
    mini_batches: dict[str, int]
    rows: int
    planning_complete: bool


class JobError(TypedDict):
    """Why a job failed."""

    code: str
    message: str


class FileError(TypedDict):
    """Why input files failed: `file` is the first of `files` that failed in the same way."""

    file: str | None
    files: NotRequired[int]
    message: str
    mini_batch: int
    attempts: int


class Incremental(TypedDict):
    """What an incremental job builds on: the job whose scored files are skipped, if any."""

    base: str | None
    note: str


class Job(TypedDict):
    """The durable execution of one invocation, as shown."""

    name: str
    endpoint: str
    deployment: str
    status: str
    error: JobError | None
    incremental: NotRequired[Incremental | None]
    output: JsonObject
    counts: JobCounts
    timing: JsonObject
    rate: JsonObject | None
    estimated_seconds_left: float | None
    first_errors: list[FileError]
    interactionEndpoints: dict[str, dict[str, str]]


class ScheduleRun(TypedDict):
    """What became of a time at which a schedule was due."""

    due_at: str
    outcome: str
    job: str | None
    message: str
    count: int


class Schedule(TypedDict):
    """What starts jobs by the clock, as shown."""

    name: str
    endpoint_name: str
    trigger: JsonObject
    missed: str
    create_job: JsonObject
    is_paused: bool
    next_due: str | None
    last_job: dict[str, str] | None
    runs: list[ScheduleRun]


class Webhook(TypedDict):
    """Who is told of an endpoint's jobs, as shown; `secret` only where it was made just now."""

    name: str
    endpoint_name: str
    url: str
    states: list[str]
    deliveries: JsonObject
    secret: NotRequired[str]


class JobOutput(TypedDict):
    """One output file of a job; `kind`: `output`, `manifest`, `failed_files`, `skipped_files`."""

    name: str
    kind: str
    size: int
    url: str


class JobLog(TypedDict):
    """What user code printed while one attempt scored one mini-batch."""

    name: str
    mini_batch: int | None
    attempt: int
    written_at: str
    text: str


class JobEvent(TypedDict):
    """Something that happened to a job."""

    at: str
    text: str


class ScoredFile(TypedDict):
    """A file that a scoring script wrote, where that is the output."""

    name: str
    url: str


class ScoredMiniBatch(TypedDict):
    """A mini-batch that has a record; `size` in bytes."""

    mini_batch: int
    size: int
    url: str
    files: list[ScoredFile]


class UploadFile(TypedDict):
    """A file to upload: its `path` is relative with `/` between the parts; `size` in bytes."""

    path: str
    size: NotRequired[int]


class UploadSlot(TypedDict):
    """Where one file's bytes go: `method` to `url` with `headers`; no `url`: they are there."""

    path: str
    url: str | None
    method: str
    headers: dict[str, str]


class UploadTicket(TypedDict):
    """The answer to a request for upload URLs."""

    upload_id: str
    uri: str
    files: list[UploadSlot]
    expires_at: str
