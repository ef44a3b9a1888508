"""Wires the services of assets, datastores and uploads."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from shared.assets.asset_factory import AssetFactory
from shared.assets.asset_repository import AssetRepository
from shared.assets.asset_service import AssetService
from shared.assets.datastores import Datastores
from shared.assets.documents import read_compute, read_datastore
from shared.assets.model import Compute, DataAsset, Datastore, EnvironmentAsset, ModelAsset
from shared.assets.registry import Registry, Usage
from shared.assets.resource_repository import ResourceRepository
from shared.assets.resource_service import ResourceService, dated
from shared.assets.upload_repository import UploadRepository
from shared.assets.upload_service import UploadService
from shared.assets.uploaded_content import UploadedContent
from shared.clock import Clock
from shared.storage.ports import BlobStore, TableStore


@dataclass(frozen=True)
class AssetServices:
    """Services for registered assets and uploads."""

    datastores: Datastores
    registry: Registry
    uploaded: UploadedContent
    upload_repository: UploadRepository
    uploads: UploadService


def build_assets(
    tables: TableStore,
    blobs: BlobStore,
    usage: Usage,
    *,
    account: str,
    default_container: str,
    inbox_container: str,
    url_lifetime: timedelta,
    clock: Clock,
) -> AssetServices:
    """Makes the services of the room; `account` is the app's storage account."""
    datastores = Datastores(default_container, tables, inbox_container=inbox_container)
    uploaded = UploadedContent(blobs, datastores)
    factory = AssetFactory(uploaded, clock)
    uploads = UploadRepository(tables)
    registry = Registry(
        models=AssetService(AssetRepository(tables, ModelAsset), factory.model, usage.of_model),
        environments=AssetService(
            AssetRepository(tables, EnvironmentAsset), factory.environment, usage.of_environment
        ),
        data=AssetService(AssetRepository(tables, DataAsset), factory.data, _by_nobody),
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
    return AssetServices(
        datastores=datastores,
        registry=registry,
        uploaded=uploaded,
        upload_repository=uploads,
        uploads=UploadService(uploads, blobs, datastores, url_lifetime, clock),
    )


def _by_nobody(data: DataAsset) -> None:
    """Jobs freeze the path of a data asset, so that they need it no more."""
    del data
