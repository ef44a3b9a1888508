"""A job's state as one line of text, and when it is worth a new line."""

from dataclasses import dataclass

from batchpoint.models import FileError, Job

LINE_EVERY = 5.0


@dataclass
class LineFeed:
    """Says when to print: at once for a new status, now and then for new counts.

    Attributes:
        every: Seconds between lines of one status.
    """

    every: float = LINE_EVERY
    _status: str | None = None
    _line: str | None = None
    _at: float = 0.0

    def next_line(self, job: Job, now: float) -> str | None:
        """The line to print for this state, or None.

        Args:
            job: The state.
            now: Seconds of a clock that never goes back.
        """
        line = state_line(job)
        changed = job["status"] != self._status
        due = line != self._line and now - self._at >= self.every
        if not (changed or due):
            return None
        self._status, self._line, self._at = job["status"], line, now
        return line


def state_line(job: Job) -> str:
    """Status and counts of a job that has not ended."""
    files = job["counts"]["files"]
    more = "" if job["counts"]["planning_complete"] else "+"
    done = files["scored"] + files["failed"]
    head = f"{job['status']}: {done}/{files['total']}{more} files"
    if not done and job["status"] == "Running":
        return f"{head}, the model is being loaded for the first mini-batches"
    parts = [head, f"{files['failed']} failed", *_skipped(job), f"{job['counts']['rows']} rows"]
    rate = rows_per_second(job)
    if rate:
        parts.append(f"{rate:.1f} rows/s")
    left = job.get("estimated_seconds_left")
    if left is not None:
        parts.append(f"about {duration(left)} left")
    return ", ".join(parts)


def summary_line(job: Job) -> str:
    """Result of a job that has ended."""
    counts = job["counts"]
    seconds = job["timing"].get("elapsed_seconds")
    took = f" in {duration(seconds)}" if seconds is not None else ""
    files = [f"{counts['files']['scored']} files scored", f"{counts['files']['failed']} failed"]
    told = ", ".join([*files, *_skipped(job), f"{counts['rows']} rows{took}"])
    line = f"{job['status']}: {told}"
    if job["status"] == "Completed":
        line += f"; {job['output'].get('file_name')} is in {job['output'].get('uri')}"
    incremental = job.get("incremental")
    return f"{line}\nIncremental: {incremental['note']}" if incremental else line


def _skipped(job: Job) -> list[str]:
    """Number of files that an incremental job has skipped."""
    skipped = job["counts"]["files"].get("skipped")
    return [] if skipped is None else [f"{skipped} skipped"]


def error_lines(job: Job) -> list[str]:
    """The first errors of a job, each with which files failed so, after how many attempts."""
    return [_error_line(error) for error in job.get("first_errors") or []]


def _error_line(error: FileError) -> str:
    others = error.get("files", 1) - 1
    more = f" and {others} more" if others else ""
    attempts = error["attempts"]
    tried = f"{attempts} attempt{'' if attempts == 1 else 's'}"
    place = f"{error['file'] or 'one file'}{more} (mini-batch {error['mini_batch']}, {tried})"
    first, *rest = error["message"].splitlines() or [""]
    return "\n".join([f"{place}: {first}", *(f"    {line}" for line in rest)])


def advice(job: Job) -> list[str]:
    """Advice for a job that is not Completed."""
    name = job["name"]
    return [
        f"batchpoint job download --name {name} --logs      what happened, and what was printed",
        f"batchpoint job download --name {name} --partial   what was scored",
        f"batchpoint job resume --name {name}               score what is missing",
    ]


def rows_per_second(job: Job) -> float | None:
    """The rate of rows, once there is one."""
    return (job.get("rate") or {}).get("rows_per_second")


def duration(seconds: float) -> str:
    """Seconds for people: `4.2 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
