"""Turns the documents that users write into assets, datastores and computes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from shared.assets.model import (
    UNNUMBERED,
    Compute,
    DataAsset,
    Datastore,
    DataType,
    EnvironmentAsset,
    ModelAsset,
    ModelType,
)
from shared.documents.validation import invalid, validate
from shared.environments.conda import read_conda_file
from shared.errors import ErrorDetail
from shared.storage.containers import SYSTEM_CONTAINER
from shared.uris import is_web_url, normal_path, parse_datastore_uri

Document = Mapping[str, Any]


class _Common(TypedDict):
    """Fields of every resource."""

    name: str
    description: str
    tags: dict[str, str]
    created_at: datetime


def read_model(document: Document, now: datetime) -> ModelAsset:
    """Makes a model of its YAML form; a type left out is `custom_model`.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "model.json")
    path = parse_datastore_uri(_path(document), target="path")
    kind = ModelType(document.get("type", ModelType.CUSTOM))
    return ModelAsset(
        **_common(document, now), version=_version(document), path=str(path), type=kind
    )


def read_environment(document: Document, now: datetime) -> EnvironmentAsset:
    """Makes an environment of its YAML form, with `conda_file` as a mapping.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "environment.json")
    return EnvironmentAsset(
        **_common(document, now),
        version=_version(document),
        conda_file=read_conda_file(document.get("conda_file"), target="conda_file"),
        image=document.get("image", document.get("docker", {}).get("image")),
    )


def read_data(document: Document, now: datetime) -> DataAsset:
    """Makes a data asset of its YAML form; a type left out is `uri_folder`.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "data.json")
    kind, path, target = _data_source(document)
    if not is_web_url(path):
        path = str(parse_datastore_uri(path, target=target))
    return DataAsset(**_common(document, now), version=_version(document), path=path, type=kind)


def says_data_type(document: Document) -> bool:
    """True if a data asset's document has the type, in one form or the other."""
    return "type" in document or "paths" in document


def read_datastore(document: Document, now: datetime, account: str) -> Datastore:
    """Makes a datastore of its YAML form.

    Args:
        document: The form.
        now: The time of creation.
        account: The app's storage account, in which the container must be.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "datastore.json")
    container = document["container_name"]
    if document.get("account_name", account) != account:
        reason = f"must be '{account}', the app's own account: containers of others are not reached"
        raise invalid([ErrorDetail(reason, "account_name")])
    if container == SYSTEM_CONTAINER:
        reason = f"'{container}' is the container in which the app keeps its own records"
        raise invalid([ErrorDetail(reason, "container_name")])
    return Datastore(
        **_common(document, now),
        container_name=container,
        prefix=normal_path(document.get("prefix", ""), target="prefix"),
    )


def read_compute(document: Document, now: datetime) -> Compute:
    """Makes a compute of its YAML form.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "compute.json")
    compute = Compute(
        **_common(document, now),
        size=document.get("size"),
        min_instances=int(document.get("min_instances", Compute.min_instances)),
        max_instances=int(document.get("max_instances", Compute.max_instances)),
        idle_time_before_scale_down=int(
            document.get("idle_time_before_scale_down", Compute.idle_time_before_scale_down)
        ),
    )
    if compute.min_instances > compute.max_instances:
        reason = f"must be at most max_instances, which is {compute.max_instances}"
        raise invalid([ErrorDetail(reason, "min_instances")])
    return compute


def _common(document: Document, now: datetime) -> _Common:
    return {
        "name": document["name"],
        "description": document.get("description", ""),
        "tags": dict(document.get("tags", {})),
        "created_at": now,
    }


def _version(document: Document) -> str:
    version = document.get("version", UNNUMBERED)
    return str(int(version)) if isinstance(version, float) else str(version)


def _path(document: Document) -> str:
    if "local_path" in document:
        reason = (
            "a local path is only known to the client: upload the files (POST /api/uploads) "
            "and give the answered URI as 'path'"
        )
        raise invalid([ErrorDetail(reason, "local_path")])
    return document["path"]


def _data_source(document: Document) -> tuple[DataType, str, str]:
    """Type, path and where the path stands."""
    if "paths" not in document:
        return DataType(document.get("type", DataType.FOLDER)), _path(document), "path"
    ((key, path),) = document["paths"][0].items()
    return DataType(f"uri_{key}"), path, f"paths[0].{key}"
