"""Answers of a scorer: rows and failed files, or the reason why there are none."""

from dataclasses import dataclass, field
from enum import StrEnum

from shared.jobs.records import FileFailure


@dataclass(frozen=True)
class ScoreResult:
    """Result of one mini-batch.

    Attributes:
        rows: The rows in the format of the output; empty with `summary_only`.
        row_count: How many rows `run()` returned, whether they are appended or not.
        columns: The header where `run()` returned a `DataFrame`, None for a list or an array.
        failures: The inputs that failed while their neighbours were scored.
        log: What user code printed and logged, at most about 1 MiB of its end.
        seconds: Time spent in `run()`.
    """

    rows: bytes = field(repr=False)
    row_count: int
    columns: tuple[str, ...] | None
    failures: tuple[FileFailure, ...]
    log: bytes = field(repr=False)
    seconds: float


class FailureCause(StrEnum):
    """Reason of an attempt without a result.

    INIT_FAILED: the model does not load, and never did in this process. RELOAD_FAILED: it did
    before. BUSY: no scorer became free, so that `run()` was not even tried.
    """

    TIMEOUT = "timeout"
    RAISED = "raised"
    CRASHED = "crashed"
    OUT_OF_MEMORY = "out_of_memory"
    INIT_FAILED = "init_failed"
    RELOAD_FAILED = "reload_failed"
    BUSY = "busy"
    EXITED = "exited"
    CANCELED = "canceled"


class ScorerError(Exception):
    """The attempt failed; the host and the other scorers did not.

    Attributes:
        cause: The kind of failure.
        message: One line that names the exception, the signal or the exit code.
        traceback: The user's part of the traceback, empty if there is none.
        log: What user code printed until then.
    """

    def __init__(
        self, cause: FailureCause, message: str, *, traceback: str = "", log: bytes = b""
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.traceback = traceback
        self.log = log
