import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient

from shared.errors import PreconditionError, StorageError
from shared.retry import RetryPolicy
from shared.storage.azure.connection import StorageConnection
from shared.storage.factory import open_stores
from shared.storage.ports import Entity, Operation, OperationKind, Query
from tests.contracts.table_store import TableStoreContract


class TestAzureTableStore(TableStoreContract):
    def test_tables_have_the_prefix(self, connection, azurite):
        tables, blobs = open_stores(connection)
        tables.insert("prefixed", Entity("p", "r"))
        with TableServiceClient.from_connection_string(azurite.connection_string) as service:
            assert "batchpointprefixed" in [table.name for table in service.list_tables()]
        tables.close()
        blobs.close()

    def test_errors_keep_their_cause(self, tables):
        stored = tables.insert("things", Entity("p", "r"))
        tables.delete("things", "p", "r")
        with pytest.raises(PreconditionError) as caught:
            tables.replace("things", stored)
        assert isinstance(caught.value.__cause__, ResourceNotFoundError)

    def test_a_wrong_key_is_a_storage_error(self, connection):
        wrong = StorageConnection(
            connection.account_name, connection.blob_endpoint, connection.table_endpoint, "AAAA"
        )
        tables, blobs = open_stores(wrong)
        with pytest.raises(StorageError):
            tables.get("things", "p", "r")
        with pytest.raises(StorageError):
            blobs.read("data", "a")
        with pytest.raises(StorageError):
            blobs.list_page("data", "")
        tables.close()
        blobs.close()

    def test_a_service_that_is_away_is_a_storage_error(self):
        pauses = []
        away = StorageConnection("acc", "http://127.0.0.1:1/acc", "http://127.0.0.1:1/acc", "AAAA")
        tables, blobs = open_stores(away, retry_policy=RetryPolicy(sleep=pauses.append))
        for call in (
            lambda: tables.get("things", "p", "r"),
            lambda: tables.insert("things", Entity("p", "r")),
            lambda: tables.transact("things", [Operation(OperationKind.UPSERT, Entity("p", "r"))]),
            lambda: list(tables.query("things", Query())),
            lambda: blobs.stage_block("data", "a", "0", b"0"),
            lambda: blobs.info("data", "a"),
            lambda: blobs.read("data", "a"),
            lambda: blobs.create("data", "a", b""),
        ):
            pauses.clear()
            with pytest.raises(StorageError, match="could not be reached"):
                call()
            assert len(pauses) == RetryPolicy().attempts - 1
            assert sum(pauses) <= 30
        tables.close()
        blobs.close()
