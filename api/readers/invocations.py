"""Reads the body of an invocation: the input, the output, and the settings that differ."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from api.readers.settings import read_settings
from shared.assets.references import name_in
from shared.documents.validation import invalid, validate
from shared.errors import ErrorDetail, InvalidError
from shared.running.drafts import InvocationDraft
from shared.targets import Targets
from shared.uris import is_datastore_uri, is_web_url, normal_path, parse_datastore_uri

Document = Mapping[str, Any]
_TARGETS = Targets(
    "properties",
    {
        "input_uri": "dataset",
        "output_path": "outputdataset.path",
        "settings.compute": "compute.target",
        "settings.instance_count": "compute.instancecount",
        "settings.timeout": "retrysettings.timeout",
    },
)


def read_invocation(document: Document) -> InvocationDraft:
    """Reads an invocation, in the 2021 form or in today's, whose keys are in any case.

    Raises:
        InvalidError: Naming each violation by its path, in lower case.
    """
    folded = cast("dict[str, Any]", _fold(document))
    validate(folded, "invocation.json")
    properties: dict[str, Any] = folded["properties"]
    place = _output_place(properties)
    settings = read_settings(properties, properties.get("compute", {}), _folded)
    if place.file_name is not None:
        if settings.output_file_name is not None:
            raise _twice("properties.outputfilename", "outputdata")
        settings = replace(settings, output_file_name=place.file_name)
    return InvocationDraft(
        input_uri=_input(properties),
        job_name=folded.get("name"),
        output_datastore=place.datastore,
        output_path=place.path,
        settings=settings,
        is_incremental=properties.get("incremental", False),
        targets=_TARGETS,
    )


@dataclass(frozen=True)
class _Place:
    """Place of the output, as far as the request says."""

    datastore: str | None
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
        name = _folded(key)
        if name in folded:
            raise invalid([ErrorDetail(f"'{key}' is given twice, in different spelling", name)])
        folded[name] = _fold(item)
    return folded


def _folded(key: str) -> str:
    return key.replace("_", "").lower()


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
        datastore, path = output.get("datastoreid"), output.get("path")
        name = datastore and name_in(datastore)
        return _Place(name, path and _output_path(path, "properties.outputdataset.path"))
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


def _output_path(path: str, target: str) -> str:
    cleaned = normal_path(path, target=target)
    if not cleaned:
        raise invalid([ErrorDetail("must name a folder", target)])
    return cleaned


def _twice(target: str, other: str) -> InvalidError:
    return invalid([ErrorDetail(f"is given here and as '{other}'", target)])
