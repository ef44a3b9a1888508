"""The JSON shapes of the HTTP API, as types; `scripts/docs` makes them from its schemas.

They are typed dictionaries, so that what the service adds later still reaches the user.
"""

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict


class CodeConfiguration(TypedDict):
    """The user's scoring code."""

    code: str
    """The URI of the folder."""
    scoring_script: str


class Compute(TypedDict):
    """A limit on how many instances' worth of work runs at once."""

    id: str
    """azureml:NAME"""
    name: str
    description: str
    tags: dict[str, str]
    created_at: str
    """ISO 8601, in UTC."""
    type: Literal["amlcompute"]
    size: str | None
    min_instances: int
    max_instances: int
    """What all jobs together may take."""
    idle_time_before_scale_down: int
    """In seconds."""


class ComputeList(TypedDict):
    """One page of a list."""

    value: list[Compute]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class ComputeSettings(TypedDict):
    """The compute that bounds the work, and how many instances' worth of it one job takes."""

    target: str | None
    """azureml:NAME, or null if nothing bounds the work."""
    instance_count: int
    """How many instances' worth of work one job does at once. Default: 1."""


class CronTrigger(TypedDict):
    """Times at which jobs are due."""

    type: Literal["cron"]
    expression: str
    time_zone: str
    """Its IANA name."""
    start_time: str | None
    """Nothing is due before."""
    end_time: str | None
    """Nothing is due after."""


DataType: TypeAlias = Literal["uri_file", "uri_folder"]
"""True if a data asset is one file or a folder of them."""


class Datastore(TypedDict):
    """A Blob container."""

    id: str
    """azureml:NAME"""
    name: str
    description: str
    tags: dict[str, str]
    created_at: str | None
    """Null for what is there without having been created."""
    type: Literal["azure_blob"]
    container_name: str
    prefix: str
    """The folder that all paths start from; empty for the top."""


class DatastoreList(TypedDict):
    """One page of a list."""

    value: list[Datastore]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class DeployedEnvironment(TypedDict):
    """Packages that a scorer must be able to import."""

    name: NotRequired[str]
    version: NotRequired[str]
    conda_file: NotRequired[dict[str, Any]]
    image: NotRequired[str]


class DeployedModel(TypedDict):
    """The model that is scored with."""

    name: str
    version: str
    path: str


class Environment(TypedDict):
    """An environment in a version."""

    id: str
    """azureml:NAME:VERSION"""
    name: str
    description: str
    tags: dict[str, str]
    created_at: str
    """ISO 8601, in UTC."""
    version: str
    conda_file: dict[str, Any] | None
    """The content of a conda environment file."""
    image: str | None


class EnvironmentList(TypedDict):
    """One page of a list."""

    value: list[Environment]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class ErrorDetail(TypedDict):
    """One violation."""

    code: str
    message: str
    target: str | None
    """Where, as a path in the request."""


class FileCounts(TypedDict):
    """Input files of a job; `total` grows until the listing is complete."""

    total: int
    scored: int
    failed: int
    skipped: NotRequired[int]
    """Files besides the total that an earlier job has scored; for incremental jobs alone."""


class FileError(TypedDict):
    """Reason of the failure of input files."""

    file: str | None
    """The first file that failed so; null where that is not known."""
    files: int
    """How many files failed so."""
    message: str
    mini_batch: int
    attempts: int


class Health(TypedDict):
    """That the app serves."""

    status: Literal["ok"]
    version: str
    warnings: list[str]
    """Which settings do not fit together, though the app serves."""


class Housekeeping(TypedDict):
    """Counts of removed things."""

    removed: dict[str, int]
    """How many of each kind; what was not removed is not in it."""
    is_done: bool
    """False if there may be more to remove."""


class InboxJob(TypedDict):
    """A job that is being made of files in an inbox."""

    name: str
    problem: str | None
    """Why the job cannot be made so far."""


class Incremental(TypedDict):
    """Base of a job that does not score all of its input."""

    base: str | None
    """
    The job whose scored files are skipped.

    Null where there is none, or before the job is planned.
    """
    note: str
    """The same in words, or why everything is scored."""


class JobError(TypedDict):
    """Reason of the job's failure."""

    code: str
    message: str


class JobEvent(TypedDict):
    """Something that happened to a job."""

    at: str
    """ISO 8601, in UTC."""
    text: str


class JobEventList(TypedDict):
    """One page of a list."""

    value: list[JobEvent]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class JobInput(TypedDict):
    """Input of a job."""

    uri: str


class JobOutput(TypedDict):
    """Place of the results."""

    datastore: str
    path: str
    file_name: str
    uri: str


class JobRate(TypedDict):
    """Speed of a job."""

    files_per_second: float | None
    rows_per_second: float | None


JobStatus: TypeAlias = Literal[
    "NotStarted",
    "Queued",
    "Preparing",
    "Running",
    "Finalizing",
    "CancelRequested",
    "Completed",
    "Failed",
    "Canceled",
]
"""State of a job, in the words of Azure ML."""


class JobTiming(TypedDict):
    """Times at which the job was created, started and ended."""

    created_at: str
    """ISO 8601, in UTC."""
    started_at: str | None
    """ISO 8601, in UTC; null before it happened."""
    ended_at: str | None
    """ISO 8601, in UTC; null before it happened."""
    elapsed_seconds: NotRequired[float | None]
    """Not in lists."""


class KeptUntil(TypedDict):
    """Until when things of an ended job are kept; null is forever, or not known yet."""

    records: str | None
    """With them it can be resumed."""
    logs: str | None
    job: str | None


class LastJob(TypedDict):
    """The last job that a schedule started."""

    name: str
    status: JobStatus


class Log(TypedDict):
    """Output of one attempt at a mini-batch."""

    name: str
    mini_batch: int
    attempt: int
    written_at: str
    """ISO 8601, in UTC."""
    text: str


class LogList(TypedDict):
    """One page of a list."""

    value: list[Log]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


LoggingLevel: TypeAlias = Literal["WARNING", "INFO", "DEBUG"]
"""The least level of what user code logs that is kept."""


class MiniBatchCounts(TypedDict):
    """Mini-batches of a job."""

    total: int
    done: int
    failed: int
    retried: int


Span: TypeAlias = int


RunningItem: TypeAlias = int


class MiniBatchPage(TypedDict):
    """States of the mini-batches from `first` up to, but without, `last`.

    Those that are in no span are being scored, if they are `running`, or waiting. Each column has
    one item for each mini-batch of the spans, in order.
    """

    run: int
    """Which run of the job; one more each time that it is resumed."""
    total: int
    first: int
    last: int
    spans: list[list[Span]]
    """Runs of numbers: the first one, and how many."""
    running: list[list[RunningItem]]
    """Runs of numbers: the first one, and how many."""
    files: list[int]
    failed: list[int]
    rows: list[int]
    attempts: list[int]
    milliseconds: list[int]
    pieces: list[int | None]
    """Which piece of a file each is, from 1; null for whole files; empty if there is no piece."""
    ended: list[int | None]
    """When it was recorded, in milliseconds since the job was created; null if nobody noted it."""
    next: str | None
    """What to ask for at once as `since`; null if no more is known."""
    since: str
    """What to ask for later; all before it will not change in this run."""


MissedRuns: TypeAlias = Literal["once", "skip"]
"""Policy for times at which nothing could be started, as the app did not run."""


ModelType: TypeAlias = Literal["mlflow_model", "custom_model"]
"""Storage format of a model, in the words of Azure ML."""


OutputAction: TypeAlias = Literal["append_row", "summary_only"]
"""Source of the output: appended results of run(), or files the script writes."""


OutputKind: TypeAlias = Literal["output", "manifest", "failed_files", "skipped_files"]
"""Kind of an output file."""


class OutputPreview(TypedDict):
    """The first rows of a file."""

    name: str
    columns: list[str] | None
    """The header; null where there is none."""
    rows: list[list[str]]
    """Cells of a CSV file, or lines of another; of each at most 1,000 characters."""
    is_complete: bool
    """True if these are all rows of the file."""


PrincipalKind: TypeAlias = Literal["user", "application"]
"""Kind of caller."""


ProvisioningState: TypeAlias = Literal["Creating", "Succeeded", "Failed"]
"""True if a deployment is ready to score."""


class RetrySettings(TypedDict):
    """Handling of a failed or timed-out run()."""

    max_retries: int
    """Further attempts after a failed or timed-out run(). Default: 3."""
    timeout: float
    """Seconds for one run(). Default: 30."""


RunOutcome: TypeAlias = Literal["Started", "Skipped", "Missed", "Failed"]
"""Outcome of a time that was due."""


class ScheduleRun(TypedDict):
    """Outcome of a time at which a schedule was due."""

    due_at: str
    """When it was due; the first of several."""
    settled_at: str
    """ISO 8601, in UTC."""
    outcome: RunOutcome
    """
    Skipped, as an earlier job had not ended; Missed, as nothing was started in time.

    Failed, as the job was refused.
    """
    job: str | None
    message: str
    """Why no job was started."""
    count: int
    """How many times due this stands for; 1,000 is that or more."""


class SchemaLink(TypedDict):
    """Address of one of the JSON Schemas."""

    name: str
    url: str


class SchemaLinkList(TypedDict):
    """One page of a list."""

    value: list[SchemaLink]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class ScoredFile(TypedDict):
    """A file that a scoring script wrote, where that is the output."""

    name: str
    url: str


class ScoredMiniBatch(TypedDict):
    """A mini-batch that has a record: a line of counts, a line of details, then its rows as CSV."""

    mini_batch: int
    size: int
    """Of the record in bytes."""
    url: str
    """Reads the record."""
    files: list[ScoredFile]
    """What the script wrote, where that is the output."""


class ScoredMiniBatchList(TypedDict):
    """One page of a list."""

    value: list[ScoredMiniBatch]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class ScoringSettings(TypedDict):
    """Settings for dividing files into mini-batches, running these, and writing the output."""

    compute: ComputeSettings
    max_concurrency_per_instance: int
    """Mini-batches at once per instance. Default: the instance's cores."""
    mini_batch_size: int
    """Files per run() call. Default: 10."""
    max_file_split_size: float
    """MB (2^20 bytes; fractions are allowed): a CSV, TSV, JSON lines or Parquet file above it is cut into pieces of at most that size and 16 MB, each a mini-batch of its own; 0: no file is. Default: 64."""
    output_action: OutputAction
    retry_settings: RetrySettings
    error_threshold: int
    """Failed files allowed over the whole input; -1: any number. Default: -1."""
    logging_level: LoggingLevel


class StudioConfig(TypedDict):
    """Sign-in settings of the page.

    Empty where App Service Authentication signs in before the app.
    """

    authority: NotRequired[str]
    """Below which the issuer's OpenID metadata are."""
    clientId: NotRequired[str]
    scope: NotRequired[str]
    missing: NotRequired[str]
    """The setting that names the page's registration, where it is not set."""


class StudioLink(TypedDict):
    """The job's page in the studio."""

    endpoint: str


class UploadSlot(TypedDict):
    """Address for the bytes of one file."""

    path: str
    url: str | None
    """Where the file's bytes are to be PUT; null: they are there already."""
    method: Literal["PUT"]
    headers: dict[str, str]


WebhookState: TypeAlias = Literal["Started", "Completed", "Failed", "Canceled"]
"""States of a job that a webhook can be notified of."""


class UploadFile(TypedDict):
    """A file to upload: its `path` is relative with `/` between the parts."""

    path: str
    size: NotRequired[int]
    """Bytes; a file that is there already with this size needs no upload."""


class BuildLog(TypedDict):
    """Output of the building of a deployment's environment."""

    endpoint: str
    deployment: str
    provisioning_state: ProvisioningState
    provisioning_error: str | None
    text: str
    """A line for each that was printed, its time first; empty where nothing was built."""


class Creator(TypedDict):
    """The user or application that made something."""

    id: str
    """The object id in the tenant."""
    tenant: str
    name: str
    kind: PrincipalKind


class Data(TypedDict):
    """A data asset in a version."""

    id: str
    """azureml:NAME:VERSION"""
    name: str
    description: str
    tags: dict[str, str]
    created_at: str
    """ISO 8601, in UTC."""
    version: str
    path: str
    type: DataType


class DataList(TypedDict):
    """One page of a list."""

    value: list[Data]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class Delivery(TypedDict):
    """An event that a webhook is told, or was."""

    event_id: str
    """The same in each attempt."""
    job: str
    state: WebhookState
    occurred_at: str
    """ISO 8601, in UTC."""
    outcome: Literal["Pending", "Delivered", "GivenUp"]
    attempts: int
    status_code: int | None
    """What the last attempt was answered; null if it was not."""
    message: str
    """Why the last attempt failed."""
    next_attempt_at: str | None
    settled_at: str | None
    """ISO 8601, in UTC; null before it happened."""


class Deployment(TypedDict):
    """A model with all that is needed to score with it."""

    compute: ComputeSettings
    max_concurrency_per_instance: int
    """Mini-batches at once per instance. Default: the instance's cores."""
    mini_batch_size: int
    """Files per run() call. Default: 10."""
    max_file_split_size: float
    """MB (2^20 bytes; fractions are allowed): a CSV, TSV, JSON lines or Parquet file above it is cut into pieces of at most that size and 16 MB, each a mini-batch of its own; 0: no file is. Default: 64."""
    output_action: OutputAction
    retry_settings: RetrySettings
    error_threshold: int
    """Failed files allowed over the whole input; -1: any number. Default: -1."""
    logging_level: LoggingLevel
    name: str
    endpoint_name: str
    type: Literal["batch"]
    description: str
    model: DeployedModel
    code_configuration: CodeConfiguration | None
    environment: DeployedEnvironment | None
    environment_variables: dict[str, str]
    output_file_name: str
    """A file name without folders, at most 200 characters. Default: predictions.csv."""
    provisioning_state: ProvisioningState
    provisioning_error: str | None
    """Why it has failed."""
    warnings: list[str]
    """What the user should know although the deployment works."""
    created_at: str
    """ISO 8601, in UTC."""


class DeploymentList(TypedDict):
    """One page of a list."""

    value: list[Deployment]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class Endpoint(TypedDict):
    """A stable name with a scoring URI, and its deployments."""

    name: str
    type: Literal["batch"]
    description: str
    tags: dict[str, str]
    auth_mode: Literal["aad_token"]
    scoring_uri: str
    """Where jobs are started."""
    provisioning_state: ProvisioningState
    traffic: dict[str, Literal[0, 100]]
    """Deployment name to 0 or 100."""
    deployments: list[Deployment]
    created_at: str
    """ISO 8601, in UTC."""
    updated_at: str
    """ISO 8601, in UTC."""


class EndpointList(TypedDict):
    """One page of a list."""

    value: list[Endpoint]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class ErrorBody(TypedDict):
    """An error."""

    code: str
    """A short name of what is wrong."""
    message: str
    """What is wrong and what would be right."""
    target: str | None
    """Where, as a path in the request."""
    details: list[ErrorDetail]
    """Every violation."""


class Inbox(TypedDict):
    """Files that landed and are not scored yet."""

    waiting_files: int
    """Files that wait for others or for a marker."""
    folders: list[str]
    """Folders with a marker whose files are not all there; '.' is the endpoint's own."""
    jobs: list[InboxJob]
    """Jobs that are being made."""


class InteractionEndpoints(TypedDict):
    """Page of the job for people."""

    Studio: StudioLink


class JobCounts(TypedDict):
    """Progress of a job."""

    files: FileCounts
    mini_batches: MiniBatchCounts
    rows: int
    planning_complete: bool
    """False while the totals may still grow."""


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


class JobSummaryList(TypedDict):
    """One page of a list."""

    value: list[JobSummary]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class Model(TypedDict):
    """A model in a version."""

    id: str
    """azureml:NAME:VERSION"""
    name: str
    description: str
    tags: dict[str, str]
    created_at: str
    """ISO 8601, in UTC."""
    version: str
    path: str
    type: ModelType


class ModelList(TypedDict):
    """One page of a list."""

    value: list[Model]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class OutputFile(TypedDict):
    """A file that a job wrote."""

    name: str
    kind: OutputKind
    size: int
    """In bytes."""
    url: str


class OutputFileList(TypedDict):
    """One page of a list."""

    value: list[OutputFile]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class Schedule(TypedDict):
    """A schedule of jobs."""

    name: str
    endpoint_name: str
    display_name: str
    description: str
    tags: dict[str, str]
    trigger: CronTrigger
    missed: MissedRuns
    deployment_name: str | None
    create_job: dict[str, Any]
    """The body of its invocations; of web addresses' queries, the names alone."""
    created_by: Creator
    is_paused: bool
    next_due: str | None
    """When the next job is due; null while it is paused and after its end."""
    last_job: LastJob | None
    runs: list[ScheduleRun]
    """What became of the last 20 times, the newest first."""
    created_at: str
    """ISO 8601, in UTC."""
    updated_at: str
    """ISO 8601, in UTC."""


class ScheduleList(TypedDict):
    """One page of a list."""

    value: list[Schedule]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


class Upload(TypedDict):
    """Addresses to which files are uploaded."""

    upload_id: str
    uri: str
    """The folder that the files land in."""
    files: list[UploadSlot]
    expires_at: str
    """ISO 8601, in UTC."""


class Deliveries(TypedDict):
    """Results of a webhook's deliveries."""

    pending: int
    delivered: int
    given_up: int
    recent: list[Delivery]
    """The last 20 that are pending, then the last 20 that are settled; the newest first."""


class Error(TypedDict):
    """The one shape of every error."""

    error: ErrorBody


class Job(TypedDict):
    """A job with its live counts, speed and first errors."""

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
    counts: JobCounts
    rate: JobRate
    estimated_seconds_left: float | None
    first_errors: list[FileError]
    kept_until: KeptUntil


class Webhook(TypedDict):
    """An address that is told of an endpoint's jobs."""

    name: str
    endpoint_name: str
    description: str
    url: str
    """Of its query, the names alone."""
    states: list[WebhookState]
    secret: NotRequired[str]
    """What signs events; only in the answer to the request that had it made."""
    deliveries: Deliveries
    created_by: Creator
    created_at: str
    """ISO 8601, in UTC."""
    updated_at: str
    """ISO 8601, in UTC."""


class WebhookList(TypedDict):
    """One page of a list."""

    value: list[Webhook]
    nextLink: str | None
    """The URL of the next page, to be called as it is."""


JsonObject = dict[str, Any]
