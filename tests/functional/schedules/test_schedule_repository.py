import pytest

from shared.retry import RetryPolicy
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.retrying.tables import RetryingTableStore
from tests.contracts.schedule_repository import ScheduleRepositoryContract
from tests.flaky import Flaky, Mishap, each_first


class TestSchedulesInMemory(ScheduleRepositoryContract):
    @pytest.fixture
    def tables(self) -> MemoryTableStore:
        return MemoryTableStore()


class TestSchedulesInTrouble(ScheduleRepositoryContract):
    """Storage that loses requests, and answers to them."""

    @pytest.fixture(params=[Mishap.REFUSED, Mishap.FAILED, Mishap.LOST])
    def tables(self, request: pytest.FixtureRequest) -> RetryingTableStore:
        flaky = Flaky(MemoryTableStore(), each_first(request.param))
        return RetryingTableStore(flaky, RetryPolicy(sleep=lambda _: None))
