"""What travels between orchestrators and activities: references and counts, as plain JSON."""

from dataclasses import dataclass
from typing import Any, Dict  # noqa: UP035 - see Payload

from shared.domain.endpoint import Deployment
from shared.domain.job import Job

# What an activity gets. The Functions worker indexes no function of which a parameter is annotated
# with the built-in generic `dict[str, Any]`: it takes only typing's aliases for types.
Payload = Dict[str, Any]  # noqa: UP006

SCORE_JOB = "score_job"
SCORE_CHUNK = "score_chunk"
ADMIT_JOB = "admit_job"
PREPARE_JOB = "prepare_job"
PLAN_PAGE = "plan_page"
OPEN_CHUNK = "open_chunk"
SCAN_PIECES = "scan_pieces"
SCORE_MINI_BATCH = "score_mini_batch"
COLLECT_CHUNK = "collect_chunk"
FINISH_JOB = "finish_job"
PROVISION_DEPLOYMENT = "provision_deployment"
BUILD_ENVIRONMENT = "build_environment"
FINISH_PROVISIONING = "finish_provisioning"

READ_AHEAD = 2
CHUNKS_PER_GENERATION = 100
ADMISSIONS_PER_GENERATION = 50


@dataclass(frozen=True)
class Work:
    """What travels as JSON; its fields are plain values."""

    def payload(self) -> dict[str, Any]:
        """The fields as a mapping, made cheaply: each replay asks for all of them again."""
        return dict(vars(self))


@dataclass(frozen=True)
class JobWork(Work):
    """The input of `score_job`.

    Attributes:
        job: The job's name.
        window: Mini-batches that are under way at once: more than run at once, so that the next
            ones' files are read while the model is busy.
        run: Which run of the job this is; what an earlier one left running changes nothing.
        resume: Whether an earlier execution may have left results.
        page: The part of the plan to go on with.
        offset: The first chunk of that part that is still to do.
    """

    job: str
    window: int
    run: int = 1
    resume: bool = False
    page: int = 0
    offset: int = 0


@dataclass(frozen=True)
class ChunkWork(Work):
    """The input of `score_chunk`: which chunk, how it was planned, and how much at once.

    `split`: whether it has pieces of files that are to be looked through first.
    """

    job: str
    chunk: int
    size: int
    nonce: str
    window: int
    run: int = 1
    resume: bool = False
    split: bool = False


@dataclass(frozen=True)
class ScanWork(Work):
    """The input of `scan_pieces`: every `of`th piece of a chunk, from the `part`th on."""

    job: str
    chunk: int
    nonce: str
    part: int
    of: int
    run: int = 1


@dataclass(frozen=True)
class MiniBatchWork(Work):
    """The input of `score_mini_batch`; attempts count from 1."""

    job: str
    chunk: int
    index: int
    nonce: str
    attempt: int = 1
    run: int = 1


@dataclass(frozen=True)
class ProvisioningWork(Work):
    """The input of `provision_deployment`: a deployment as it was made or changed once."""

    endpoint: str
    deployment: str
    revision: str

    @property
    def instance_id(self) -> str:
        """The id of the orchestration that does it."""
        return f"provision-{self.revision}"


def provisioning_work(deployment: Deployment) -> ProvisioningWork:
    """What has to be provisioned for a deployment."""
    return ProvisioningWork(deployment.endpoint_name, deployment.name, deployment.revision)


def first_job_work(job: Job, *, resume: bool = False) -> dict[str, Any]:
    """The input with which a job's orchestration starts."""
    window = job.settings.concurrency * READ_AHEAD
    return JobWork(job.name, window, job.run, resume or job.run > 1).payload()
