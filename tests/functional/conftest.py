from pathlib import Path

import pytest

from tests.functional.harness import App


@pytest.fixture
def app(tmp_path: Path) -> App:
    """The app over empty in-memory storage."""
    return App(tmp_path)
