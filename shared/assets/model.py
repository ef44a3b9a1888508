"""Registered assets: models, environments and data in versions; datastores; computes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

LATEST = "latest"
UNNUMBERED = ""


class ResourceKind(StrEnum):
    """Kinds of registered things; messages use the value as the name."""

    MODEL = "model"
    ENVIRONMENT = "environment"
    DATA = "data asset"
    DATASTORE = "datastore"
    COMPUTE = "compute"

    @property
    def is_versioned(self) -> bool:
        """True if there are versions of it."""
        return self not in {ResourceKind.DATASTORE, ResourceKind.COMPUTE}


class ModelType(StrEnum):
    """Storage format of a model, in the words of Azure ML."""

    MLFLOW = "mlflow_model"
    CUSTOM = "custom_model"


class DataType(StrEnum):
    """True if a data asset is one file or a folder of them."""

    FILE = "uri_file"
    FOLDER = "uri_folder"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """Something with a name of its own; names differ in more than case.

    Attributes:
        kind: What it is.
        created_at: None for what is there without having been created.
    """

    kind: ClassVar[ResourceKind]
    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    created_at: datetime | None = None

    @property
    def reference(self) -> str:
        """Reference to it in other documents."""
        return f"azureml:{self.name}"


@dataclass(frozen=True, kw_only=True)
class Asset(Resource):
    """Something that is registered in versions.

    Attributes:
        version: A number or a short text; `UNNUMBERED` until the asset is stored, if the next
            number is wanted.
    """

    version: str

    @property
    def reference(self) -> str:
        """Reference to this version in other documents."""
        return f"azureml:{self.name}:{self.version}"


@dataclass(frozen=True, kw_only=True)
class ModelAsset(Asset):
    """A model; `path` is an `azureml://datastores/…` URI of its file or folder."""

    kind: ClassVar[ResourceKind] = ResourceKind.MODEL
    path: str
    type: ModelType


@dataclass(frozen=True, kw_only=True)
class EnvironmentAsset(Asset):
    """Environment of a scorer; `conda_file` is the content of a conda environment file."""

    kind: ClassVar[ResourceKind] = ResourceKind.ENVIRONMENT
    conda_file: Mapping[str, Any] | None = None
    image: str | None = None


@dataclass(frozen=True, kw_only=True)
class DataAsset(Asset):
    """Data to score; `path` is a datastore URI or a public web address."""

    kind: ClassVar[ResourceKind] = ResourceKind.DATA
    path: str
    type: DataType


@dataclass(frozen=True, kw_only=True)
class Datastore(Resource):
    """A Blob container; `prefix` is the folder in it that all paths start from, "" for its top."""

    kind: ClassVar[ResourceKind] = ResourceKind.DATASTORE
    type: str = "azure_blob"
    container_name: str
    prefix: str = ""


@dataclass(frozen=True, kw_only=True)
class Compute(Resource):
    """A limit on how many instances' worth of work runs at once.

    Attributes:
        size: Kept and shown only, as `min_instances` and `idle_time_before_scale_down` are.
        max_instances: What all jobs together may take.
        idle_time_before_scale_down: In seconds.
    """

    kind: ClassVar[ResourceKind] = ResourceKind.COMPUTE
    type: str = "amlcompute"
    size: str | None = None
    min_instances: int = 0
    max_instances: int = 1
    idle_time_before_scale_down: int = 120
