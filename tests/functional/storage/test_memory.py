import pytest

from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.ports import Entity, Query
from tests.contracts.blob_store import BlobStoreContract
from tests.contracts.table_store import TableStoreContract


class TestMemoryTableStore(TableStoreContract):
    @pytest.fixture
    def tables(self) -> MemoryTableStore:
        return MemoryTableStore()

    # Azure does so, too; Azurite answers 500 where a property is not of the type asked for.
    def test_a_query_keeps_types_apart(self, tables):
        tables.insert("things", Entity("p", "bool", {"v": True}))
        tables.insert("things", Entity("p", "int", {"v": 1}))
        assert self.rows(tables, Query(where={"v": 1})) == [("p", "int")]
        assert self.rows(tables, Query(where={"v": True})) == [("p", "bool")]


class TestMemoryBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self) -> MemoryBlobStore:
        return MemoryBlobStore()

    def test_the_content_type_is_kept(self, blobs):
        blobs.write("data", "a", b"", content_type="text/csv")
        assert blobs.content_type("data", "a") == "text/csv"
