"""Names of the blobs in the app's own container."""

import hashlib

from shared.domain.principal import Principal, Role

SYSTEM_CONTAINER = "batchpoint"
UPLOAD_FOLDER = "LocalUpload"


def job_folder(job: str) -> str:
    """The folder of all that a job keeps in the app's container, with a slash at its end."""
    return f"jobs/{job}/"


def scored_folders(job: str) -> tuple[str, ...]:
    """The folders of a job's plan, records and unpublished files, and of how its input is read."""
    return tuple(f"{job_folder(job)}{name}/" for name in ("input", "plan", "results", "written"))


def input_query_blob(job: str, key: str) -> str:
    """The query of the web address that a job's input is at."""
    return f"{job_folder(job)}input/{key}"


def summary_blob(job: str) -> str:
    """The counts and first errors of a job whose records are gone."""
    return f"{job_folder(job)}summary.json"


def upload_name(upload_id: str, caller: Principal) -> str:
    """The folder of an upload among the uploads.

    Models and code come from contributors' uploads. An invoker has a folder of their own, so that
    nobody who may only bring inputs can add a file to somebody else's model.
    """
    if caller.may(Role.CONTRIBUTOR):
        return upload_id
    owner = hashlib.sha256(f"{caller.tenant}/{caller.id}".encode()).hexdigest()[:32]
    return f"by-{owner}-{upload_id}"


def plan_blob(job: str, chunk: int, nonce: str) -> str:
    """The plan of one chunk; the nonce tells which attempt at planning wrote it."""
    return f"jobs/{job}/plan/{chunk:06d}-{nonce}.json"


def skipped_blob(job: str, page: int, nonce: str) -> str:
    """The files that one page of a plan leaves out, as an earlier job has scored them."""
    return f"jobs/{job}/plan/skipped-{page:06d}-{nonce}.jsonl.gz"


def selection_blob(job: str) -> str:
    """The files that a job scores, where these are not all below a place."""
    return f"jobs/{job}/selection.jsonl"


def record_folder(job: str, chunk: int) -> str:
    """The folder of the records of one chunk, with a slash at its end."""
    return f"jobs/{job}/results/{chunk:06d}/"


def record_blob(job: str, chunk: int, index: int) -> str:
    """The record of one mini-batch."""
    return f"{record_folder(job, chunk)}{index:03d}"


def part_blob(job: str, chunk: int, sequence: int, nonce: str) -> str:
    """Some rows of a chunk that the output has no block left for."""
    return f"jobs/{job}/parts/{chunk:06d}-{sequence:03d}-{nonce}"


def log_blob(job: str, chunk: int, index: int, attempt: int) -> str:
    """What user code printed during one attempt at a mini-batch."""
    return f"{log_prefix(job, chunk, index)}{attempt:03d}.log"


def log_prefix(job: str, chunk: int, index: int) -> str:
    """What the names of all logs of one mini-batch begin with."""
    return f"{log_folder(job)}{chunk:06d}-{index:03d}-"


def log_folder(job: str) -> str:
    """The folder of a job's logs, with a slash at its end."""
    return f"jobs/{job}/logs/"


def written_folder(job: str, chunk: int, index: int, nonce: str) -> str:
    """The folder of the files that a script wrote during one attempt, with a slash at its end."""
    return f"jobs/{job}/written/{chunk:06d}-{index:03d}-{nonce}/"


def default_output_path(job: str) -> str:
    """Where a job's output goes unless the caller says otherwise: where Azure ML's clients look."""
    return f"azureml/{job}/score"


def environment_blob(key: str) -> str:
    """A packed environment; the key names its content."""
    return f"environments/{key}.tar.zst"


def build_log_blob(revision: str) -> str:
    """What was printed while the environment of a deployment's revision was built."""
    return f"builds/{revision}.log"
