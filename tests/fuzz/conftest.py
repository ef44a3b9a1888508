"""Says how many inputs each fuzzer tried, at the end of the run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.functional.harness import App


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Iterator[Callable[[], None]]:
    """Is called for each input; a fuzzer that tries nothing fails."""
    count = 0

    def note() -> None:
        nonlocal count
        count += 1

    yield note
    record_property("inputs tried", count)
    assert count >= 50


@pytest.fixture
def app(tmp_path: Path) -> App:
    """The app over empty in-memory storage."""
    return App(tmp_path)
