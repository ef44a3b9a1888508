"""All that is registered by name, as one thing for whoever has to find some of it."""

from dataclasses import dataclass
from functools import partial
from typing import Protocol

from shared.assets.asset_factory import AssetFactory
from shared.assets.asset_repository import AssetRepository
from shared.assets.asset_service import AssetService
from shared.assets.datastores import Datastores
from shared.assets.documents import read_compute, read_datastore
from shared.assets.model import Compute, DataAsset, Datastore, EnvironmentAsset, ModelAsset
from shared.assets.resource_repository import ResourceRepository
from shared.assets.resource_service import ResourceService, dated
from shared.assets.uploaded_content import UploadedContent
from shared.clock import Clock
from shared.storage.ports import TableStore


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


def build_registry(
    tables: TableStore,
    datastores: Datastores,
    uploaded: UploadedContent,
    usage: Usage,
    clock: Clock,
    account: str,
) -> Registry:
    """Wires the registry to what it stands on; `account` is the app's storage account."""
    asset_factory = AssetFactory(uploaded, clock)
    return Registry(
        models=AssetService(
            AssetRepository(tables, ModelAsset), asset_factory.model, usage.of_model
        ),
        environments=AssetService(
            AssetRepository(tables, EnvironmentAsset),
            asset_factory.environment,
            usage.of_environment,
        ),
        data=AssetService(AssetRepository(tables, DataAsset), asset_factory.data, _by_nobody),
        datastores=ResourceService(
            ResourceRepository(tables, Datastore),
            dated(partial(read_datastore, account=account), clock),
            usage.of_datastore,
            built_in=[datastores.default, datastores.inbox],
            changed=datastores.forget,
        ),
        computes=ResourceService(
            ResourceRepository(tables, Compute),
            dated(read_compute, clock),
            usage.of_compute,
            is_updatable=True,
        ),
    )


def _by_nobody(data: DataAsset) -> None:
    """Jobs freeze the path of a data asset, so that they need it no more."""
    del data
