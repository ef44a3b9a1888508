"""All that is registered by name, as one thing for whoever has to find some of it."""

from dataclasses import dataclass
from typing import Protocol

from shared.assets.asset_service import AssetService
from shared.assets.model import Compute, DataAsset, Datastore, EnvironmentAsset, ModelAsset
from shared.assets.resource_service import ResourceService


class Usage(Protocol):
    """Finds one user of a thing that is to be deleted; None if it has none."""

    def of_model(self, model: ModelAsset) -> str | None:
        """Returns a user of a model."""

    def of_environment(self, environment: EnvironmentAsset) -> str | None:
        """Returns a user of an environment."""

    def of_datastore(self, datastore: Datastore) -> str | None:
        """Returns a user of a datastore."""

    def of_compute(self, compute: Compute) -> str | None:
        """Returns a user of a compute."""


@dataclass(frozen=True)
class Registry:
    """Models, environments, data assets, datastores and computes."""

    models: AssetService[ModelAsset]
    environments: AssetService[EnvironmentAsset]
    data: AssetService[DataAsset]
    datastores: ResourceService[Datastore]
    computes: ResourceService[Compute]
