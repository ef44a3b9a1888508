"""The contracts of the stores hold where each request fails once, before or after it was done."""

from dataclasses import replace

import pytest

from shared.errors import ConflictError, PreconditionError, StorageError
from shared.retry import RetryPolicy, TransientError, seconds_asked
from shared.storage.memory.blobs import MemoryBlobStore
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.ports import Entity, Operation, OperationKind
from shared.storage.retrying.blobs import RetryingBlobStore
from shared.storage.retrying.tables import RetryingTableStore
from tests.contracts.blob_store import BlobStoreContract
from tests.contracts.table_store import TableStoreContract
from tests.flaky import Flaky, Mishap, each_first

AT_ONCE = RetryPolicy(sleep=lambda _: None)
INSERT, REPLACE, UPSERT, DELETE = OperationKind


@pytest.fixture(params=[Mishap.REFUSED, Mishap.LOST], ids=str)
def mishap(request: pytest.FixtureRequest) -> Mishap:
    return request.param


class TestPatientTableStore(TableStoreContract):
    @pytest.fixture
    def tables(self, mishap: Mishap) -> RetryingTableStore:
        return RetryingTableStore(Flaky(MemoryTableStore(), each_first(mishap)), AT_ONCE)


class TestPatientBlobStore(BlobStoreContract):
    @pytest.fixture
    def blobs(self, mishap: Mishap) -> RetryingBlobStore:
        return RetryingBlobStore(Flaky(MemoryBlobStore(), each_first(mishap)), AT_ONCE)


class Between:
    """A store to which somebody else does something after our first, lost, attempt."""

    def __init__(self, store, act):
        self.store, self.act, self.lost = store, act, False

    def __getattr__(self, method):
        call = getattr(self.store, method)

        def attempt(*args, **more):
            result = call(*args, **more)
            if not self.lost and method != "get":
                self.lost = True
                self.act()
                raise TransientError("the answer was lost")
            return result

        return attempt


def test_what_others_changed_meanwhile_is_not_taken_for_ours():
    memory = MemoryTableStore()
    first = memory.insert("things", Entity("p", "r", {"a": 1}))

    def other() -> None:
        memory.upsert("things", Entity("p", "r", {"a": 3}))

    tables = RetryingTableStore(Between(memory, other), AT_ONCE)
    with pytest.raises(PreconditionError):
        tables.replace("things", replace(first, data={"a": 2}))
    tables = RetryingTableStore(Between(memory, other), AT_ONCE)
    with pytest.raises(PreconditionError):
        tables.delete("things", "p", "r", memory.get("things", "p", "r").etag)
    assert memory.get("things", "p", "r").data == {"a": 3}


def test_an_insert_that_somebody_else_won_stays_lost():
    memory = MemoryTableStore()
    tables = RetryingTableStore(
        Flaky(memory, each_first(Mishap.FAILED)),
        RetryPolicy(sleep=lambda _: memory.upsert("things", Entity("p", "r", {"by": "other"}))),
    )
    with pytest.raises(ConflictError):
        tables.insert("things", Entity("p", "r", {"by": "us"}))


def test_a_transaction_that_was_done_is_known_by_what_it_inserted():
    memory = MemoryTableStore()
    head = memory.insert("things", Entity("p", "head", {"n": 1}))

    def other() -> None:
        memory.upsert("things", Entity("p", "head", {"n": 3}))

    tables = RetryingTableStore(Between(memory, other), AT_ONCE)
    tables.transact(
        "things",
        [
            Operation(REPLACE, replace(head, data={"n": 2})),
            Operation(INSERT, Entity("p", "item", {"made": "now"})),
        ],
    )
    assert memory.get("things", "p", "head").data == {"n": 3}


def test_a_transaction_that_was_not_done_is_not_taken_for_done():
    memory = MemoryTableStore()
    head = memory.insert("things", Entity("p", "head", {"n": 1}))
    item = memory.insert("things", Entity("p", "item", {"n": 1}))

    def change(_: float) -> None:
        memory.upsert("things", Entity("p", "item", {"n": 9}))

    tables = RetryingTableStore(Flaky(memory, each_first(Mishap.FAILED)), RetryPolicy(sleep=change))
    steps = [Operation(REPLACE, replace(head, data={"n": 1})), Operation(DELETE, item)]
    with pytest.raises(PreconditionError):
        tables.transact("things", steps)
    assert memory.get("things", "p", "item").data == {"n": 9}


def test_a_commit_of_somebody_else_is_a_conflict():
    memory = MemoryBlobStore()
    blobs = RetryingBlobStore(Flaky(memory, each_first(Mishap.LOST)), AT_ONCE)
    metadata = {"job": "one"}
    blobs.commit_blocks("data", "out", [], metadata=metadata)
    assert blobs.metadata("data", "out") == metadata
    with pytest.raises(ConflictError):
        blobs.commit_blocks("data", "out", [], metadata=metadata)
    with pytest.raises(ConflictError):
        RetryingBlobStore(Flaky(memory, each_first(Mishap.FAILED)), AT_ONCE).commit_blocks(
            "data", "out", [], metadata=metadata
        )


def test_patience_is_bounded_and_its_pauses_grow_and_differ():
    pauses: list[float] = []
    retry_policy = RetryPolicy(sleep=pauses.append, give_up=1000)

    def fail(_: bool) -> None:
        raise TransientError("no")

    for _ in range(2):
        with pytest.raises(StorageError, match="no"):
            retry_policy.repeat(fail)
    first, second = pauses[:5], pauses[5:]
    assert len(second) == retry_policy.attempts - 1
    assert first != second
    for number, pause in enumerate(first):
        assert 0.5 <= pause / min(0.3 * 2**number, 8) <= 1.5


def test_no_attempt_begins_after_the_time_to_give_up():
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    def fail(_: bool) -> None:
        sleep(20)
        raise TransientError("no")

    with pytest.raises(TransientError):
        RetryPolicy(sleep=sleep, clock=lambda: now).repeat(fail)
    assert now < 45


def test_what_storage_asks_to_wait_is_heard():
    pauses: list[float] = []

    def busy_once(again: bool) -> str:
        if not again:
            raise TransientError("busy", seconds_asked("3"))
        return "done"

    assert RetryPolicy(sleep=pauses.append).repeat(busy_once) == "done"
    assert pauses == [3.0]
    assert seconds_asked(None) == seconds_asked("Wed, 21 Oct 2026 07:28:00 GMT") == 0


def test_what_no_repetition_cures_is_not_repeated():
    def refuse(_: bool) -> None:
        raise StorageError("403")

    with pytest.raises(StorageError, match="403"):
        RetryPolicy(sleep=lambda _: pytest.fail("it waited")).repeat(refuse)
