"""The system container can have another name in the account."""

from datetime import timedelta

import pytest

from shared.errors import ForbiddenError
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.system_container import RenamedSystemContainer
from tests.contracts.blob_store import BlobStoreContract


class TestContract(BlobStoreContract):
    @pytest.fixture
    def blobs(self) -> RenamedSystemContainer:
        return RenamedSystemContainer(MemoryBlobStore(), "mine")


def test_only_the_system_container_has_another_name() -> None:
    account = MemoryBlobStore()
    blobs = RenamedSystemContainer(account, "mine")
    blobs.write(SYSTEM_CONTAINER, "jobs/a", b"1")
    blobs.write("data", "b", b"2")
    assert account.read("mine", "jobs/a") == b"1"
    assert account.read("data", "b") == b"2"
    assert [blob.name for blob in blobs.list_page(SYSTEM_CONTAINER, "").blobs] == ["jobs/a"]


def test_its_name_in_the_account_is_for_nobody_else() -> None:
    blobs = RenamedSystemContainer(MemoryBlobStore(), "mine")
    with pytest.raises(ForbiddenError, match="keeps its own records"):
        blobs.read("mine", "jobs/a")
    with pytest.raises(ForbiddenError, match="keeps its own records"):
        blobs.upload_url("mine", "jobs/a", timedelta(minutes=1))
