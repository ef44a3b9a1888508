"""Names of the blobs in the app's own container."""

from shared.jobs.plan import PlanReference, place_of


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


def plan_blob(job: str, reference: PlanReference) -> str:
    """A part of a job's plan."""
    return f"jobs/{job}/plan/{reference.text}.json"


def skipped_blob(job: str, page: int, nonce: str) -> str:
    """The files that one page of a plan leaves out, as an earlier job has scored them."""
    return f"jobs/{job}/plan/skipped-{page:06d}-{nonce}.jsonl.gz"


def selection_blob(job: str) -> str:
    """The files that a job scores, where these are not all below a place."""
    return f"jobs/{job}/selection.jsonl"


def record_folder(job: str, segment: int) -> str:
    """The folder of the records of one segment, with a slash at its end."""
    return f"jobs/{job}/results/{segment:06d}/"


def record_blob(job: str, number: int, nonce: str = "") -> str:
    """The record of one mini-batch; the nonce tells which attempt wrote it."""
    segment, index = place_of(number)
    return f"{record_folder(job, segment)}{index:03d}{nonce and '-'}{nonce}"


def part_blob(job: str, first: int, sequence: int, nonce: str) -> str:
    """Some rows of the chunk that begins with a mini-batch, where the output has no block left."""
    return f"jobs/{job}/parts/{first:08d}-{sequence:03d}-{nonce}"


def log_blob(job: str, number: int, attempt: int) -> str:
    """Output that user code printed during one attempt at a mini-batch."""
    return f"{log_prefix(job, number)}{attempt:03d}.log"


def log_prefix(job: str, number: int) -> str:
    """Returns the common prefix of the names of a mini-batch's logs."""
    segment, index = place_of(number)
    return f"{log_folder(job)}{segment:06d}-{index:03d}-"


def log_folder(job: str) -> str:
    """The folder of a job's logs, with a slash at its end."""
    return f"jobs/{job}/logs/"


def written_folder(job: str, number: int, nonce: str) -> str:
    """The folder of the files that a script wrote during one attempt, with a slash at its end."""
    segment, index = place_of(number)
    return f"jobs/{job}/written/{segment:06d}-{index:03d}-{nonce}/"


def default_output_path(job: str) -> str:
    """Returns the default folder of a job's output: the one in which Azure ML's clients look."""
    return f"azureml/{job}/score"
