"""A change of what others change at the same time: each attempt reads, changes and writes again."""

import pytest

from shared.errors import ConflictError, NotFoundError, PreconditionError, StorageError
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.optimistic import ATTEMPTS, put, update
from shared.storage.ports import Entity

TABLE = "things"
BUSY = StorageError("the thing is changed by too many at once")


class Counter:
    """A stored number of which some writes come too late."""

    def __init__(self, *refusals: Exception) -> None:
        self.value = 0
        self.reads = 0
        self.refusals = list(refusals)

    def read(self) -> int:
        self.reads += 1
        return self.value

    def write(self, stored: int, changed: int) -> str:
        if self.refusals:
            # Somebody else was faster.
            self.value += 10
            raise self.refusals.pop(0)
        self.value = changed
        return f"{stored} became {changed}"


def test_returns_what_the_write_answers():
    counter = Counter()

    assert update(counter.read, lambda stored: stored + 1, counter.write, busy=BUSY) == "0 became 1"
    assert (counter.value, counter.reads) == (1, 1)


@pytest.mark.parametrize("refusal", [PreconditionError("changed"), ConflictError("exists")])
def test_changes_the_newest_version_after_a_write_that_came_too_late(refusal: Exception):
    counter = Counter(refusal, refusal)

    answer = update(counter.read, lambda stored: stored + 1, counter.write, busy=BUSY)

    assert answer == "20 became 21"
    assert counter.reads == 3


@pytest.mark.parametrize("attempts", [1, 2, ATTEMPTS])
def test_raises_the_callers_error_when_the_attempts_are_used_up(attempts: int):
    counter = Counter(*[PreconditionError("changed")] * (attempts + 1))

    with pytest.raises(StorageError) as caught:
        update(counter.read, lambda stored: stored, counter.write, busy=BUSY, attempts=attempts)

    assert caught.value is BUSY
    assert counter.reads == attempts


@pytest.mark.parametrize("error", [ConflictError("full"), PreconditionError("old"), ValueError()])
def test_errors_of_the_change_are_the_callers(error: Exception):
    counter = Counter()

    def change(_: int) -> int:
        raise error

    with pytest.raises(type(error)) as caught:
        update(counter.read, change, counter.write, busy=BUSY)

    assert caught.value is error
    assert counter.reads == 1


def test_other_errors_of_the_write_are_the_callers():
    counter = Counter(NotFoundError("gone"))

    with pytest.raises(NotFoundError, match="gone"):
        update(counter.read, lambda stored: stored, counter.write, busy=BUSY)

    assert counter.reads == 1


def test_puts_the_first_version_and_those_that_follow_it():
    tables = MemoryTableStore()

    first = put(tables, TABLE, Entity("p", "r", {"n": 1}))
    second = put(tables, TABLE, Entity("p", "r", {"n": 2}, first.etag))

    assert tables.get(TABLE, "p", "r") == second
    with pytest.raises(ConflictError):
        put(tables, TABLE, Entity("p", "r", {"n": 3}))
    with pytest.raises(PreconditionError):
        put(tables, TABLE, Entity("p", "r", {"n": 3}, first.etag))
