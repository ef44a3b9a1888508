"""Assets, datastores and computes."""

from typing import Any, Literal

from typing_extensions import TypedDict

from api.answers.values import Tags, Time
from shared.assets.model import DataType, ModelType


class Model(TypedDict):
    """A model in a version."""

    id: str
    """azureml:NAME:VERSION"""
    name: str
    description: str
    tags: Tags
    created_at: Time
    version: str
    path: str
    type: ModelType


class Environment(TypedDict):
    """An environment in a version."""

    id: str
    """azureml:NAME:VERSION"""
    name: str
    description: str
    tags: Tags
    created_at: Time
    version: str
    conda_file: dict[str, Any] | None
    """The content of a conda environment file."""
    image: str | None


class Data(TypedDict):
    """A data asset in a version."""

    id: str
    """azureml:NAME:VERSION"""
    name: str
    description: str
    tags: Tags
    created_at: Time
    version: str
    path: str
    type: DataType


class Datastore(TypedDict):
    """A Blob container."""

    id: str
    """azureml:NAME"""
    name: str
    description: str
    tags: Tags
    created_at: Time | None
    """Null for what is there without having been created."""
    type: Literal["azure_blob"]
    container_name: str
    prefix: str
    """The folder that all paths start from; empty for the top."""


class Compute(TypedDict):
    """A limit on how many instances' worth of work runs at once."""

    id: str
    """azureml:NAME"""
    name: str
    description: str
    tags: Tags
    created_at: Time
    type: Literal["amlcompute"]
    size: str | None
    min_instances: int
    max_instances: int
    """What all jobs together may take."""
    idle_time_before_scale_down: int
    """In seconds."""
