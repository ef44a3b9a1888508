"""The stores of Azurite through a proxy that injects faults: they only cost time."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from chaos.faults import Fault, FaultPlan
from chaos.proxy import FaultProxy
from devhost.stack import Azurite
from devhost.stack.azurite import connection_string
from shared.errors import ConflictError, PreconditionError, StorageError
from shared.retry import RetryPolicy
from shared.storage.azure.connection import StorageConnection
from shared.storage.factory import open_clients, open_stores
from shared.storage.ports import Entity, Operation, OperationKind, Query
from tests.contracts.blob_store import BlobStoreContract
from tests.contracts.table_store import TableStoreContract

_prefixes = itertools.count(1)
SOON = RetryPolicy(attempts=8, first_pause=0.01, longest_pause=0.05)
CERTAIN = [fault for fault in Fault if fault not in (Fault.DELAY, Fault.SLOW)]


class EveryThird(FaultPlan):
    """Every third request meets the fault, so that an attempt of two requests can succeed."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(1, {fault: 1.0})
        self._turn = itertools.count()

    def next(self, request: str) -> Fault | None:
        return None if next(self._turn) % 3 else super().next(request)


def connect(proxy: FaultProxy) -> StorageConnection:
    return StorageConnection.from_settings({"AzureWebJobsStorage": connection_string(proxy.ports)})


@pytest.fixture(scope="module")
def proxy(azurite: Azurite) -> Iterator[FaultProxy]:
    rates = dict.fromkeys(CERTAIN, 0.02) | {Fault.SLOW: 0.002, Fault.DELAY: 0.002}
    with FaultProxy(azurite.ports, FaultPlan(7, rates)) as started:
        yield started


@pytest.fixture
def stores(proxy: FaultProxy, azurite: Azurite):
    tables, blobs = open_stores(
        connect(proxy), table_prefix=f"proxied{next(_prefixes)}", retry_policy=SOON
    )
    yield tables, blobs
    proxy.is_on = False
    for container in list(blobs._store._service.list_containers()):
        blobs._store._service.delete_container(container.name)
    proxy.is_on = True
    tables.close()
    blobs.close()


@pytest.fixture
def tables(stores):
    return stores[0]


@pytest.fixture
def blobs(stores):
    return stores[1]


class TestTablesThroughProxy(TableStoreContract):
    def test_a_query_keeps_types_apart(self, tables):
        pytest.skip("Azurite answers 500, which is tried again in vain")


class TestBlobsThroughProxy(BlobStoreContract):
    def test_faults_were_injected(self, proxy: FaultProxy):
        assert set(proxy.counts) >= set(CERTAIN)


@pytest.mark.parametrize("fault", CERTAIN, ids=str)
def test_requests_of_each_kind_survive(azurite: Azurite, fault: Fault):
    with FaultProxy(azurite.ports, EveryThird(fault)) as proxy:
        tables, blobs = open_stores(
            connect(proxy), table_prefix=f"once{next(_prefixes)}", retry_policy=SOON
        )
        made = tables.insert("things", Entity("p", "r", {"by": "us"}))
        changed = tables.replace("things", Entity("p", "r", {"by": "us again"}, made.etag))
        with pytest.raises(PreconditionError):
            tables.replace("things", Entity("p", "r", {"by": "nobody"}, made.etag))
        with pytest.raises(ConflictError):
            tables.insert("things", Entity("p", "r", {"by": "nobody"}))
        assert [entity.data for entity in tables.query("things", Query("p"))] == [changed.data]
        tables.delete("things", "p", "r", changed.etag)
        many = [Entity("p", f"many{number}", {"by": "us"}) for number in range(3)]
        tables.transact("things", [Operation(OperationKind.INSERT, entity) for entity in many])
        for kind in (OperationKind.REPLACE, OperationKind.DELETE):
            stored = tables.query("things", Query("p"))
            tables.transact("things", [Operation(kind, entity) for entity in stored])
        assert list(tables.query("things", Query("p"))) == []
        name = f"once/{fault}"
        blobs.create("data", f"{name}/a", b"x" * 5000)
        with pytest.raises(ConflictError):
            blobs.create("data", f"{name}/a", b"y")
        assert blobs.read("data", f"{name}/a") == b"x" * 5000
        assert blobs.read_range("data", f"{name}/a", 10, 20) == b"x" * 20
        blobs.stage_block("data", f"{name}/out", "0", b"rows")
        blobs.commit_blocks("data", f"{name}/out", ["0"], metadata={"job": "one"})
        assert blobs.metadata("data", f"{name}/out") == {"job": "one"}
        with pytest.raises(ConflictError):
            blobs.commit_blocks("data", f"{name}/out", ["0"], metadata={"job": "one"})
        listed = [blob.name for blob in blobs.list_page("data", f"{name}/").blobs]
        assert listed == [f"{name}/a", f"{name}/out"]
        blobs.delete("data", f"{name}/a")
        assert blobs.info("data", f"{name}/a") is None
        assert proxy.counts[fault] >= 8
        tables.close()
        blobs.close()


def test_without_patience_faults_show(azurite: Azurite):
    with FaultProxy(azurite.ports, FaultPlan(1, {Fault.LOST_ANSWER: 1.0})) as proxy:
        tables, blobs = open_clients(connect(proxy), f"bare{next(_prefixes)}")
        with pytest.raises(StorageError):
            tables.get("things", "p", "r")
        with pytest.raises(StorageError):
            blobs.read("data", "a")
        proxy.is_on = False
        assert tables.get("things", "p", "r") is None
        tables.close()
        blobs.close()


def test_signed_urls_work_through_the_proxy(azurite: Azurite):
    with FaultProxy(azurite.ports, FaultPlan(1), is_on=False) as proxy:
        tables, blobs = open_stores(connect(proxy))
        url = blobs.upload_url("data", "signed é%20+.csv", timedelta(minutes=5))
        assert f":{proxy.ports['blob']}/" in url
        sent = {"x-ms-blob-type": "BlockBlob"}
        assert requests.put(url, data=b"sent", headers=sent, timeout=10).status_code == 201
        assert blobs.read("data", "signed é%20+.csv") == b"sent"
        blobs.delete("data", "signed é%20+.csv")
        tables.close()
        blobs.close()


def test_where_nobody_is_behind_the_proxy_nobody_answers():
    with (
        FaultProxy({"blob": 1}, FaultPlan(1), is_on=False) as proxy,
        pytest.raises(requests.ConnectionError),
    ):
        requests.get(f"http://127.0.0.1:{proxy.ports['blob']}/x", timeout=10)
