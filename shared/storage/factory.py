"""From a connection to the stores: the one place that knows which implementation is used."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.request import getproxies

from azure.core.credentials import AzureNamedKeyCredential, TokenCredential
from azure.data.tables import TableClient
from azure.storage.blob import BlobServiceClient

from shared.retry import RetryPolicy
from shared.storage.azure.blobs import AzureBlobStore
from shared.storage.azure.connection import StorageConnection
from shared.storage.azure.obstore_blobs import ObstoreBlobs
from shared.storage.azure.quick_inserts import Authorize, QuickInserts, with_key, with_token
from shared.storage.azure.sas_urls import UrlSigner
from shared.storage.azure.sdk_options import blob_options, make_session, table_options
from shared.storage.azure.tables import AzureTableStore
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.retrying.blobs import RetryingBlobStore
from shared.storage.retrying.tables import RetryingTableStore
from shared.storage.system_container import RenamedSystemContainer

if TYPE_CHECKING:
    from obstore.store import AzureCredential

_STORAGE_SCOPE = "https://storage.azure.com/.default"


def open_stores(
    connection: StorageConnection,
    *,
    table_prefix: str = "batchpoint",
    system_container: str = SYSTEM_CONTAINER,
    retry_policy: RetryPolicy | None = None,
) -> tuple[RetryingTableStore, RetryingBlobStore]:
    """Makes the stores of an account; makes no request.

    Args:
        connection: Where the account is, and as whom to speak to it.
        table_prefix: What the account's tables of ours start with.
        system_container: What the container of the app's own records is called there.
        retry_policy: How often and how fast to try again what failed for the moment.
    """
    tables, blobs = open_clients(connection, table_prefix)
    patient = retry_policy or RetryPolicy()
    is_renamed = system_container != SYSTEM_CONTAINER
    reached = RenamedSystemContainer(blobs, system_container) if is_renamed else blobs
    return (
        RetryingTableStore(tables, patient, tables.close),
        RetryingBlobStore(reached, patient, blobs.close),
    )


def open_clients(
    connection: StorageConnection, table_prefix: str
) -> tuple[AzureTableStore, AzureBlobStore]:
    """Makes the stores that make one attempt at each request."""
    if connection.account_key:
        name, key = connection.account_name, connection.account_key
        named = AzureNamedKeyCredential(name, key)
        shared = {"account_name": name, "account_key": key}
        tables = _tables(connection, named, with_key(name, key), table_prefix)
        return tables, _blobs(connection, shared, None)
    identity = _identity(connection)
    authorize = with_token(lambda: identity.get_token(_STORAGE_SCOPE).token)
    tables = _tables(connection, identity, authorize, table_prefix)
    return tables, _blobs(connection, identity, identity)


def _tables(
    connection: StorageConnection,
    credential: AzureNamedKeyCredential | TokenCredential,
    authorize: Authorize,
    prefix: str,
) -> AzureTableStore:
    session = make_session()
    # Behind a proxy, the SDK knows how to reach the account.
    quick = None if getproxies() else QuickInserts(connection.table_endpoint, authorize)

    def open_client(table: str) -> TableClient:
        return TableClient(
            connection.table_endpoint, table, credential=credential, **table_options(session)
        )

    return AzureTableStore(session, open_client, prefix, quick)


def _blobs(
    connection: StorageConnection,
    credential: dict[str, str] | TokenCredential,
    identity: TokenCredential | None,
) -> AzureBlobStore:
    account, endpoint, key = (
        connection.account_name,
        connection.blob_endpoint,
        connection.account_key,
    )
    session = make_session()
    service = BlobServiceClient(endpoint, credential=credential, **blob_options(session))
    tokens = _tokens(identity) if identity else None
    return AzureBlobStore(
        session,
        service,
        ObstoreBlobs(endpoint, account, account_key=key, credentials=tokens),
        UrlSigner(endpoint, account, account_key=key, keys=service),
    )


def _identity(connection: StorageConnection) -> TokenCredential:
    # Importing it takes half a second, which a connection string need not pay at a cold start.
    from azure.identity import (  # noqa: PLC0415
        DefaultAzureCredential,
        ManagedIdentityCredential,
    )

    if connection.managed_identity:
        return ManagedIdentityCredential(client_id=connection.client_id)
    return DefaultAzureCredential(managed_identity_client_id=connection.client_id)


def _tokens(credential: TokenCredential) -> "Callable[[], AzureCredential]":
    def fetch() -> "AzureCredential":
        token = credential.get_token(_STORAGE_SCOPE)
        return {"token": token.token, "expires_at": datetime.fromtimestamp(token.expires_on, UTC)}

    return fetch
