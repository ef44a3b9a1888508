import itertools
import os
import shutil

import pytest

from devhost.stack import Azurite
from devhost.stack.azurite import REPOSITORY
from shared.storage.azure.connection import StorageConnection
from shared.storage.factory import open_stores

_prefixes = itertools.count(1)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory):
    is_here = shutil.which("node") and (REPOSITORY / "node_modules" / "azurite").is_dir()
    if not is_here and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")
    with Azurite(tmp_path_factory.mktemp("azurite")) as emulator:
        yield emulator


@pytest.fixture
def connection(azurite: Azurite) -> StorageConnection:
    return StorageConnection.from_settings({"AzureWebJobsStorage": azurite.connection_string})


@pytest.fixture
def stores(connection: StorageConnection):
    """Stores that see nothing of other tests' tables and blobs."""
    tables, blobs = open_stores(connection, table_prefix=f"test{next(_prefixes)}")
    yield tables, blobs
    for container in list(blobs._store._service.list_containers()):
        blobs._store._service.delete_container(container.name)
    tables.close()
    blobs.close()


@pytest.fixture
def tables(stores):
    return stores[0]


@pytest.fixture
def blobs(stores):
    return stores[1]
