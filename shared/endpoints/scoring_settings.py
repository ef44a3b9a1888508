"""The settings that a deployment scores with, and that a job may override."""

from dataclasses import dataclass, field
from enum import StrEnum

BYTES_PER_MB = 2**20


class OutputAction(StrEnum):
    """Source of the output: appended results of run(), or files the script writes."""

    APPEND_ROW = "append_row"
    SUMMARY_ONLY = "summary_only"


class LoggingLevel(StrEnum):
    """The least level of what user code logs that is kept."""

    WARNING = "WARNING"
    INFO = "INFO"
    DEBUG = "DEBUG"


@dataclass(frozen=True)
class RetrySettings:
    """Handling of a failed or timed-out run().

    Attributes:
        max_retries: Further attempts after the first.
        timeout: Seconds for one run().
    """

    max_retries: int = 3
    timeout: float = 30


@dataclass(frozen=True)
class ComputeSettings:
    """Compute that bounds the work, and the number of its instances that one job takes."""

    target: str | None = None
    instance_count: int = 1


@dataclass(frozen=True)
class ScoringSettings:
    """Settings for dividing files into mini-batches, running these, and writing the output.

    Attributes:
        compute: The compute and the number of instances.
        max_concurrency_per_instance: Mini-batches at once per instance.
        mini_batch_size: Files per run() call.
        max_file_split_size: MB (2^20 bytes) above which a file is split; 0 splits none.
        output_action: Where the output comes from.
        output_file_name: Name of the output file, without a folder.
        retry_settings: What happens to a failed run().
        error_threshold: Failed files allowed over the whole input; -1 allows any number.
        logging_level: The least level of user logs that is kept.
    """

    max_concurrency_per_instance: int
    compute: ComputeSettings = field(default_factory=ComputeSettings)
    mini_batch_size: int = 10
    max_file_split_size: float = 64
    output_action: OutputAction = OutputAction.APPEND_ROW
    output_file_name: str = "predictions.csv"
    retry_settings: RetrySettings = field(default_factory=RetrySettings)
    error_threshold: int = -1
    logging_level: LoggingLevel = LoggingLevel.INFO

    @property
    def concurrency(self) -> int:
        """Number of mini-batches of one job that run at once."""
        return self.compute.instance_count * self.max_concurrency_per_instance

    @property
    def split_bytes(self) -> float:
        """The bytes above which a file is split; 0 for none."""
        return self.max_file_split_size * BYTES_PER_MB
