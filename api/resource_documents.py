"""Assets, datastores and computes as the documents that the API answers.

Each has the keys of its YAML form, its id, and when it was created.
"""

from datetime import datetime
from typing import cast

from api.answers import resources
from shared.assets.model import (
    Compute,
    DataAsset,
    Datastore,
    EnvironmentAsset,
    ModelAsset,
    Resource,
)
from shared.uris import shown_uri


def model_document(model: ModelAsset) -> resources.Model:
    """Returns a version of a model."""
    return {
        "id": model.reference,
        "name": model.name,
        "description": model.description,
        "tags": dict(model.tags),
        "created_at": _created_at(model),
        "version": model.version,
        "path": shown_uri(model.path),
        "type": model.type,
    }


def environment_document(environment: EnvironmentAsset) -> resources.Environment:
    """Returns a version of an environment."""
    conda_file = environment.conda_file
    return {
        "id": environment.reference,
        "name": environment.name,
        "description": environment.description,
        "tags": dict(environment.tags),
        "created_at": _created_at(environment),
        "version": environment.version,
        "conda_file": None if conda_file is None else dict(conda_file),
        "image": environment.image,
    }


def data_document(data: DataAsset) -> resources.Data:
    """Returns a version of a data asset."""
    return {
        "id": data.reference,
        "name": data.name,
        "description": data.description,
        "tags": dict(data.tags),
        "created_at": _created_at(data),
        "version": data.version,
        "path": shown_uri(data.path),
        "type": data.type,
    }


def datastore_document(datastore: Datastore) -> resources.Datastore:
    """Returns a datastore."""
    created_at = datastore.created_at
    return {
        "id": datastore.reference,
        "name": datastore.name,
        "description": datastore.description,
        "tags": dict(datastore.tags),
        "created_at": created_at.isoformat() if created_at else None,
        "type": "azure_blob",
        "container_name": datastore.container_name,
        "prefix": datastore.prefix,
    }


def compute_document(compute: Compute) -> resources.Compute:
    """Returns a compute."""
    return {
        "id": compute.reference,
        "name": compute.name,
        "description": compute.description,
        "tags": dict(compute.tags),
        "created_at": _created_at(compute),
        "type": "amlcompute",
        "size": compute.size,
        "min_instances": compute.min_instances,
        "max_instances": compute.max_instances,
        "idle_time_before_scale_down": compute.idle_time_before_scale_down,
    }


def _created_at(resource: Resource) -> str:
    # Only the datastores that are always there have no such time.
    return cast("datetime", resource.created_at).isoformat()
