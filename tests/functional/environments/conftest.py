"""A machine whose packages come from a folder, and an app that keeps nothing of other tests."""

from pathlib import Path

import pytest

from tests.functional.environments.wheels import make_wheel
from tests.functional.harness import App


@pytest.fixture(autouse=True)
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder from which packages come; there is no other place."""
    folder = tmp_path / "wheels"
    make_wheel(folder, "tiny", "1.0")
    make_wheel(folder, "tiny", "2.0", ["small>=1"])
    make_wheel(folder, "small", "1.5")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(folder))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return folder


@pytest.fixture
def app(tmp_path: Path) -> App:
    return App(tmp_path / "scratch")
