import pytest

from shared.retry import RetryPolicy
from shared.storage.memory.tables import MemoryTableStore
from shared.storage.retrying.tables import RetryingTableStore
from tests.contracts.webhook_repository import WebhookRepositoryContract
from tests.flaky import Flaky, Mishap, each_first


class TestWebhooksInMemory(WebhookRepositoryContract):
    @pytest.fixture
    def tables(self) -> MemoryTableStore:
        return MemoryTableStore()


class TestWebhooksInTrouble(WebhookRepositoryContract):
    """Storage that loses requests, and answers to them."""

    @pytest.fixture(params=[Mishap.REFUSED, Mishap.FAILED, Mishap.LOST])
    def tables(self, request: pytest.FixtureRequest) -> RetryingTableStore:
        flaky = Flaky(MemoryTableStore(), each_first(request.param))
        return RetryingTableStore(flaky, RetryPolicy(sleep=lambda _: None))
