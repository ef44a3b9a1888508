"""Reads the body of an invocation: which input, which output, which settings differ."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from shared.domain.job import JobOutput
from shared.domain.layout import default_output_path
from shared.domain.scoring_settings import (
    LoggingLevel,
    OutputAction,
    RetrySettings,
    ScoringSettings,
)
from shared.domain.uris import (
    DEFAULT_DATASTORE,
    is_datastore_uri,
    is_web_url,
    normal_path,
    parse_datastore_uri,
)
from shared.domain.validation import invalid, validate
from shared.errors import ErrorDetail

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Invocation:
    """One request to the scoring URI.

    Attributes:
        job_name: The caller's name for the job, if there is one.
        input_uri: A datastore URI in normal form, or a web address.
        output_datastore: Where the results go.
        output_path: A folder in it; None takes one named after the job.
        overrides: Lower-case setting names without underscores to values.
    """

    job_name: str | None
    input_uri: str
    output_datastore: str
    output_path: str | None
    overrides: Document

    def output(self, job_name: str, settings: ScoringSettings) -> JobOutput:
        """Where a job of that name with those settings writes."""
        path = self.output_path or default_output_path(job_name)
        return JobOutput(self.output_datastore, path, settings.output_file_name)

    def apply(self, settings: ScoringSettings) -> ScoringSettings:
        """The deployment's settings with this invocation's overrides."""
        given = self.overrides
        compute: Document = given.get("compute", {})
        retry: Document = given.get("retrysettings", {})
        level = given.get("logginglevel", settings.logging_level)
        count = compute.get("instancecount", settings.compute.instance_count)
        return ScoringSettings(
            max_concurrency_per_instance=int(
                given.get("maxconcurrencyperinstance", settings.max_concurrency_per_instance)
            ),
            compute=replace(settings.compute, instance_count=int(count)),
            mini_batch_size=int(given.get("minibatchsize", settings.mini_batch_size)),
            output_action=OutputAction(given.get("outputaction", settings.output_action)),
            output_file_name=given.get("outputfilename", settings.output_file_name),
            retry_settings=RetrySettings(
                int(retry.get("maxretries", settings.retry_settings.max_retries)),
                retry.get("timeout", settings.retry_settings.timeout),
            ),
            error_threshold=int(given.get("errorthreshold", settings.error_threshold)),
            logging_level=LoggingLevel(str(level).upper()),
        )


def read_invocation(document: Document) -> Invocation:
    """Reads an invocation whose keys are in any case.

    Raises:
        InvalidError: Naming each violation by its path, in lower case.
    """
    folded = cast("dict[str, Any]", _fold(document))
    validate(folded, "invocation.json")
    properties: dict[str, Any] = folded["properties"]
    output: Document = properties.get("outputdataset", {})
    path = output.get("path")
    return Invocation(
        job_name=folded.get("name"),
        input_uri=_input_uri(properties["dataset"]["path"]),
        output_datastore=_datastore_name(output.get("datastoreid", DEFAULT_DATASTORE)),
        output_path=path and _output_path(path),
        overrides={
            key: value
            for key, value in properties.items()
            if key not in {"dataset", "outputdataset"}
        },
    )


def _fold(value: object) -> object:
    """The same document with its keys in lower case and without underscores."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {key.replace("_", "").lower(): _fold(item) for key, item in items}
    return value


def _input_uri(uri: str) -> str:
    target = "properties.dataset.path"
    if is_web_url(uri):
        return uri
    if is_datastore_uri(uri):
        return str(parse_datastore_uri(uri, target=target))
    raise invalid(
        [
            ErrorDetail(
                f"'{uri}' is neither a web address (https://…) nor a place in a datastore "
                "(azureml://datastores/NAME/paths/PATH); local files are uploaded first",
                target,
            )
        ]
    )


def _datastore_name(given: str) -> str:
    """The name in `azureml:NAME`, in an Azure resource id, or the name itself."""
    return given.rstrip("/").rsplit("/", 1)[-1].removeprefix("azureml:")


def _output_path(path: str) -> str:
    target = "properties.outputdataset.path"
    cleaned = normal_path(path, target=target)
    if not cleaned:
        raise invalid([ErrorDetail("must name a folder", target)])
    return cleaned
