"""Resolving of datastores, and the time that an answer is kept."""

from datetime import UTC, datetime

import pytest

from shared.assets.datastores import FRESH_SECONDS, Datastores
from shared.assets.model import Datastore
from shared.assets.resource_repository import ResourceRepository
from shared.errors import NotFoundError
from shared.storage.memory.tables import MemoryTableStore
from shared.uris import DatastorePath

RAW = Datastore(name="raw", container_name="raw", prefix="a", created_at=datetime.now(UTC))


class Stage:
    """Datastores over a table, and a clock that stands still."""

    def __init__(self) -> None:
        tables = MemoryTableStore()
        self.now = 100.0
        self.repository = ResourceRepository(tables, Datastore)
        self.datastores = Datastores("default", tables, lambda: self.now)

    def locate(self, path: str, name: str = "raw") -> tuple[str, str]:
        return self.datastores.locate(DatastorePath(name, path))


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_puts_the_prefix_before_the_path(stage: Stage):
    stage.repository.add(RAW)
    assert stage.locate("in/f.csv") == ("raw", "a/in/f.csv")
    assert stage.locate("") == ("raw", "a")
    assert stage.locate("in", "WorkspaceBlobStore") == ("default", "in")


def test_keeps_an_answer_for_a_few_seconds(stage: Stage):
    stage.repository.add(RAW)
    stage.locate("in")
    stage.repository.delete("raw")
    assert stage.locate("in") == ("raw", "a/in")
    stage.now += FRESH_SECONDS
    with pytest.raises(NotFoundError):
        stage.locate("in")
    stage.repository.add(RAW)
    assert stage.locate("in") == ("raw", "a/in")


def test_forgets_what_changed(stage: Stage):
    stage.repository.add(RAW)
    stage.locate("in")
    stage.repository.delete("raw")
    stage.datastores.forget("RAW")
    with pytest.raises(NotFoundError):
        stage.locate("in")
