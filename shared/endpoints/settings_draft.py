"""Scoring settings as far as a caller says them."""

from dataclasses import dataclass, replace
from typing import TypeVar

from shared.endpoints.scoring_settings import (
    ComputeSettings,
    LoggingLevel,
    OutputAction,
    RetrySettings,
    ScoringSettings,
)

T = TypeVar("T")


@dataclass(frozen=True)
class SettingsDraft:
    """Some settings, of a deployment or for one job; None where the caller said nothing.

    Attributes:
        compute: The compute, as `azureml:NAME`.
        instance_count: How many instances' worth of it one job takes.
        max_retries: Further attempts after the first.
        timeout: Seconds for one run().

    The others are as in `ScoringSettings`.
    """

    compute: str | None = None
    instance_count: int | None = None
    max_concurrency_per_instance: int | None = None
    mini_batch_size: int | None = None
    max_file_split_size: float | None = None
    output_action: OutputAction | None = None
    output_file_name: str | None = None
    max_retries: int | None = None
    timeout: float | None = None
    error_threshold: int | None = None
    logging_level: LoggingLevel | None = None

    def apply(self, settings: ScoringSettings) -> ScoringSettings:
        """Returns other settings with those that are given here in their place."""
        compute, retry = settings.compute, settings.retry_settings
        given = {
            "max_concurrency_per_instance": self.max_concurrency_per_instance,
            "mini_batch_size": self.mini_batch_size,
            "max_file_split_size": self.max_file_split_size,
            "output_action": self.output_action,
            "output_file_name": self.output_file_name,
            "error_threshold": self.error_threshold,
            "logging_level": self.logging_level,
        }
        return replace(
            settings,
            **{name: value for name, value in given.items() if value is not None},
            compute=ComputeSettings(
                _first(self.compute, compute.target),
                _first(self.instance_count, compute.instance_count),
            ),
            retry_settings=RetrySettings(
                _first(self.max_retries, retry.max_retries), _first(self.timeout, retry.timeout)
            ),
        )


def _first(given: T | None, current: T) -> T:
    return current if given is None else given
