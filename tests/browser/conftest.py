"""A running stack with an endpoint, and tabs of a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import find, launch
from tests.browser.many import Past
from tests.browser.studio import WAIT_MS, Studio
from tests.browser.surroundings import Surroundings, readings
from tests.e2e.model import REPOSITORY

OpenStudio = Callable[..., Studio]
TEST_SECONDS = 400
expect.set_options(timeout=WAIT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser needs a core of its own, which a busy machine may not have for it."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a browser."""
    with sync_playwright() as playwright:
        return find(playwright)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    # Playwright's event loop runs in this thread, and would be in the way of other modules' tests.
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def surroundings(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surroundings]:
    del chromium
    emulator = (REPOSITORY / "node_modules" / "azurite").is_dir()
    if not (shutil.which("node") and emulator) and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")
    with Surroundings(tmp_path_factory.mktemp("browser")) as made:
        yield made


@pytest.fixture(scope="session")
def past(surroundings: Surroundings) -> Iterator[Past]:
    writer = Past(surroundings.service.stack.connection_string)
    yield writer
    writer.close()


@pytest.fixture(scope="session")
def finished(surroundings: Surroundings) -> str:
    """A completed job in which one of twelve files failed."""
    surroundings.gate.touch()
    service = surroundings.service
    uri = service.put("finished", readings(12, 5))
    return str(service.run("weather", uri)["name"])


@pytest.fixture
def closed_gate(surroundings: Surroundings) -> Iterator[Path]:
    """File that jobs wait for; no job waits for it once the test is over."""
    surroundings.gate.unlink(missing_ok=True)
    yield surroundings.gate
    surroundings.gate.touch()


@pytest.fixture
def open_studio(surroundings: Surroundings, browser: Browser) -> Iterator[OpenStudio]:
    """Opens tabs, empty ones for no place; at the end none may have complained of anything."""
    opened: list[Studio] = []

    stack = surroundings.service.stack

    def open_one(place: str | None = "", **options: object) -> Studio:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        opened.append(Studio(context.new_page(), stack.url))
        if place is not None:
            opened[-1].open(place)
        return opened[-1]

    yield open_one
    complaints = [text for studio in opened for text in studio.complaints]
    for studio in opened:
        studio.page.context.close()
    assert complaints == []
