"""The app's own environment variables: the type, default and bounds of each.

Those that name things in the storage account are in `shared.storage.names`.

pydantic alone reads them. pydantic-settings would add half as much again to its 45 ms of a cold
start, for sources such as .env files that the app does not have.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from shared.errors import ErrorDetail, InvalidError
from shared.inbox.options import InboxSource

_PREFIX = "BATCHPOINT_"


def _variable(field: str) -> str:
    return _PREFIX + field.upper()


def _digits(value: Any) -> Any:  # noqa: ANN401 - as pydantic has it
    """Refuses what int() reads beside digits, such as 1_000."""
    if isinstance(value, str) and not value.isdecimal():
        raise PydanticCustomError("no_digits", "has other characters than digits")
    return value


# The descriptions are what messages say that a value must be.
Number = Annotated[
    int, BeforeValidator(_digits), Field(ge=0, description="a whole number from 0 up")
]
PositiveNumber = Annotated[
    int, BeforeValidator(_digits), Field(ge=1, description="a whole number from 1 up")
]
Source = Annotated[InboxSource, BeforeValidator(str.lower)]


class Variables(BaseModel):
    """Values of the variables; each has its field's name, in capitals, after `BATCHPOINT_`.

    docs/configuration.md says what they mean.
    """

    model_config = ConfigDict(alias_generator=_variable, frozen=True)

    scratch_folder: str = ""
    public_url: str = ""
    url_lifetime_minutes: PositiveNumber = 60
    url_input_max_mb: PositiveNumber = 1024
    url_input_seconds: PositiveNumber = 600

    max_scorers: PositiveNumber | None = Field(None, description="a whole number from 1 up")
    scorer_idle_seconds: PositiveNumber = 300
    scorer_memory_mb: Number = 0
    scorer_max_processes: PositiveNumber = 4096
    scorer_file_mb: PositiveNumber = 10240
    build_timeout_seconds: PositiveNumber = 1200

    inbox_source: Source | None = Field(None, description="one of " + ", ".join(InboxSource))
    inbox_schedule: str = "*/5 * * * * *"
    inbox_quiet_seconds: Number = 10
    inbox_longest_wait_seconds: PositiveNumber = 300
    inbox_folder_wait_minutes: Number = 60

    watchdog_schedule: str = "*/15 * * * * *"
    watchdog_grace_seconds: PositiveNumber = 30
    scheduler_schedule: str = "0 * * * * *"
    webhook_schedule: str = "*/30 * * * * *"
    housekeeping_schedule: str = "0 10 * * * *"

    keep_records_days: Number = 7
    keep_logs_days: Number = 30
    keep_jobs_days: Number = 90
    keep_uploads_days: Number = 30
    keep_history_days: Number = 7

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Variables":
        """Reads the variables; one that is empty has its default.

        Raises:
            InvalidError: With one detail for each that is wrong.
        """
        given = {name: environ.get(name) for name in map(_variable, cls.model_fields)}
        try:
            return cls.model_validate({name: text for name, text in given.items() if text})
        except ValidationError as error:
            details = [_detail(problem) for problem in error.errors(include_url=False)]
        summary = "; ".join(f"{detail.target} {detail.message}" for detail in details)
        raise InvalidError(summary, details=details)


def _detail(problem: ErrorDetails) -> ErrorDetail:
    # The variable's name, or the field's where a default is wrong.
    field = str(problem["loc"][0]).removeprefix(_PREFIX).lower()
    wanted = Variables.model_fields[field].description
    message = f"must be {wanted}, not '{problem['input']}'" if wanted else problem["msg"]
    return ErrorDetail(message, _variable(field))
