import itertools
import os

import pytest

from shared.storage.connection import StorageConnection
from shared.storage.opening import open_stores
from tests.azurite import Azurite, missing_reason, running_azurite

_prefixes = itertools.count(1)


@pytest.fixture(scope="session")
def azurite():
    reason = missing_reason()
    if reason and not os.environ.get("CI"):
        pytest.skip(reason)
    with running_azurite() as emulator:
        yield emulator


@pytest.fixture
def connection(azurite: Azurite) -> StorageConnection:
    return StorageConnection.from_settings({"AzureWebJobsStorage": azurite.connection_string})


@pytest.fixture
def stores(connection: StorageConnection):
    """Stores that see nothing of other tests' tables and blobs."""
    tables, blobs = open_stores(connection, table_prefix=f"test{next(_prefixes)}")
    yield tables, blobs
    for container in list(blobs._service.list_containers()):
        blobs._service.delete_container(container.name)
    tables.close()
    blobs.close()


@pytest.fixture
def tables(stores):
    return stores[0]


@pytest.fixture
def blobs(stores):
    return stores[1]
