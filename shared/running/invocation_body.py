"""Reads the body of an invocation: which input, which output, which settings differ."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from shared.documents.validation import invalid, validate
from shared.endpoints.scoring_settings import (
    LoggingLevel,
    OutputAction,
    RetrySettings,
    ScoringSettings,
)
from shared.errors import ErrorDetail, InvalidError
from shared.jobs.blob_names import default_output_path
from shared.jobs.model import JobOutput
from shared.uris import (
    DEFAULT_DATASTORE,
    is_datastore_uri,
    is_web_url,
    normal_path,
    parse_datastore_uri,
)

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Invocation:
    """One request to the scoring URI.

    Attributes:
        job_name: The caller's name for the job, if there is one.
        input_uri: A datastore URI in normal form, a web address, or a data asset's reference.
        output_datastore: Where the results go.
        output_path: A folder in it; None takes one named after the job.
        is_incremental: Whether only files are scored that no earlier job has scored.
        overrides: Lower-case setting names without underscores to values.
    """

    job_name: str | None
    input_uri: str
    output_datastore: str
    output_path: str | None
    is_incremental: bool
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
            max_file_split_size=given.get("maxfilesplitsize", settings.max_file_split_size),
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
    """Reads an invocation, in the 2021 form or in today's, whose keys are in any case.

    Raises:
        InvalidError: Naming each violation by its path, in lower case.
    """
    folded = cast("dict[str, Any]", _fold(document))
    validate(folded, "invocation.json")
    properties: dict[str, Any] = folded["properties"]
    place = _output_place(properties)
    others = {"dataset", "inputdata", "outputdataset", "outputdata", "incremental"}
    overrides = {key: value for key, value in properties.items() if key not in others}
    if place.file_name is not None:
        if "outputfilename" in overrides:
            raise _twice("properties.outputfilename", "outputdata")
        overrides["outputfilename"] = place.file_name
    return Invocation(
        job_name=folded.get("name"),
        input_uri=_input(properties),
        output_datastore=place.datastore,
        output_path=place.path,
        is_incremental=properties.get("incremental", False),
        overrides=overrides,
    )


@dataclass(frozen=True)
class _Place:
    """Where the output is to go, as far as the request says."""

    datastore: str
    path: str | None = None
    file_name: str | None = None


def _fold(value: object) -> object:
    """The same document with its keys in lower case and without underscores.

    Raises:
        InvalidError: Two keys would become the same.
    """
    if not isinstance(value, dict):
        return value
    folded: dict[str, object] = {}
    for key, item in cast("dict[str, object]", value).items():
        name = key.replace("_", "").lower()
        if name in folded:
            raise invalid([ErrorDetail(f"'{key}' is given twice, in different spelling", name)])
        folded[name] = _fold(item)
    return folded


def _input(properties: Document) -> str:
    if "inputdata" not in properties:
        return _dataset(properties["dataset"])
    if "dataset" in properties:
        raise _twice("properties.inputdata", "dataset")
    (name,) = properties["inputdata"]
    uri: str = properties["inputdata"][name]["uri"]
    return _input_uri(uri, f"properties.inputdata.{name}.uri")


def _dataset(dataset: Document) -> str:
    kind = str(dataset["datainputtype"]).lower()
    key = {"dataurl": "path", "dataversion": "datasetname"}.get(kind, "datasetid")
    if key not in dataset:
        raise invalid([ErrorDetail(f"lacks '{key}'", "properties.dataset")])
    value = str(dataset[key])
    if kind == "dataurl":
        return _input_uri(value, "properties.dataset.path")
    if kind == "dataversion":
        version = dataset.get("datasetversion", "latest")
        return f"azureml:{value}@latest" if version == "latest" else f"azureml:{value}:{version}"
    return value if value.startswith("azureml:") else f"azureml:{value}"


def _input_uri(uri: str, target: str) -> str:
    if is_web_url(uri):
        return uri
    if uri.startswith("azureml://"):
        return str(parse_datastore_uri(uri, target=target))
    if is_datastore_uri(uri):
        return uri
    raise invalid(
        [
            ErrorDetail(
                f"'{uri}' is neither a web address (https://…), nor a place in a datastore "
                "(azureml://datastores/NAME/paths/PATH), nor a data asset (azureml:NAME:VERSION); "
                "local files are uploaded first",
                target,
            )
        ]
    )


def _output_place(properties: Document) -> _Place:
    if "outputdata" not in properties:
        output: Document = properties.get("outputdataset", {})
        datastore = _datastore_name(output.get("datastoreid", DEFAULT_DATASTORE))
        path = output.get("path")
        return _Place(datastore, path and _output_path(path, "properties.outputdataset.path"))
    if "outputdataset" in properties:
        raise _twice("properties.outputdata", "outputdataset")
    (name,) = properties["outputdata"]
    output = properties["outputdata"][name]
    target = f"properties.outputdata.{name}.uri"
    place = parse_datastore_uri(output["uri"], target=target)
    path = _output_path(place.path, target)
    if str(output.get("joboutputtype", "UriFile")).lower() == "urifolder":
        return _Place(place.datastore, path)
    folder, _, file_name = path.rpartition("/")
    return _Place(place.datastore, _output_path(folder, target), file_name)


def _datastore_name(given: str) -> str:
    """The name in `azureml:NAME`, in an Azure resource id, or the name itself."""
    return given.rstrip("/").rsplit("/", 1)[-1].removeprefix("azureml:")


def _output_path(path: str, target: str) -> str:
    cleaned = normal_path(path, target=target)
    if not cleaned:
        raise invalid([ErrorDetail("must name a folder", target)])
    return cleaned


def _twice(target: str, other: str) -> InvalidError:
    return invalid([ErrorDetail(f"is given here and as '{other}'", target)])
