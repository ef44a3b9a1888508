"""`python -m tests.browser.screenshots`: makes the pictures of docs/studio again."""

import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import find, launch
from tests.browser.many import Past
from tests.browser.studio import REPOSITORY, WAIT_MS, Studio
from tests.browser.surroundings import Surroundings, readings

FOLDER = REPOSITORY / "docs" / "studio"
WIDE = {"width": 1180, "height": 800}
PHONE = {"width": 380, "height": 800}
FILES = 400
HELD = 290
BROKEN = (31, 144)


def main() -> None:
    """Runs a job of its own, and looks at it while it runs and after."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        Surroundings(Path(folder), held=HELD) as surroundings,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, find(playwright))
        place = _running(browser, surroundings)
        _completed(browser, surroundings, place)
        _large(browser, surroundings)
        browser.close()


def _running(browser: Browser, surroundings: Surroundings) -> str:
    """Drops files and waits until the job stands before the gate; answers where its page is."""
    studio = _tab(browser, surroundings, viewport=WIDE, color_scheme="light")
    page = studio.page
    studio.open("#/endpoints/weather")
    studio.drop(readings(FILES, *BROKEN))
    expect(page.locator(".picked")).to_be_visible()
    page.screenshot(path=FOLDER / "endpoint.png")
    page.get_by_role("button", name=f"Score {FILES} files").click()
    page.wait_for_url("**/#/jobs/*", timeout=WAIT_MS)
    bar = page.get_by_role("progressbar", name="Files done")
    # Chunks overlap: once both scorers wait before the gate, some files before it may be left.
    held = re.compile(f"^2[6-9][0-9] of {FILES}")
    expect(bar).to_have_attribute("aria-valuetext", held, timeout=5 * WAIT_MS)
    page.get_by_text("Mini-batches as a table").click()
    page.get_by_label("Show").select_option("running")
    expect(page.get_by_text(f"4 of {FILES}")).to_be_visible(timeout=WAIT_MS)
    page.get_by_text("Mini-batches as a table").click()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=FOLDER / "running.png")
    _section(page, "Mini-batches").screenshot(path=FOLDER / "map.png")
    surroundings.gate.touch()
    studio.await_status("Completed")
    return "#" + page.url.rpartition("#")[2]


def _completed(browser: Browser, surroundings: Surroundings, place: str) -> None:
    for name, viewport, scheme in (("dark", WIDE, "dark"), ("phone", PHONE, "light")):
        page = _shown(browser, surroundings, place, viewport, scheme)
        page.screenshot(path=FOLDER / f"{name}.png")


def _shown(
    browser: Browser, surroundings: Surroundings, place: str, viewport: Any, scheme: str
) -> Any:
    studio = _tab(browser, surroundings, viewport=viewport, color_scheme=scheme)
    studio.open(place)
    expect(studio.page.locator(".u-legend")).to_be_visible(timeout=WAIT_MS)
    expect(studio.page.locator("table.data")).to_be_visible(timeout=WAIT_MS)
    return studio.page


def _large(browser: Browser, surroundings: Surroundings) -> None:
    past = Past(surroundings.service.stack.connection_string)
    total = past.large_job("yearly", chunks=4000, undone=700)
    past.close()
    studio = _tab(browser, surroundings, viewport=WIDE, color_scheme="dark")
    studio.open("#/jobs/yearly")
    whole = re.compile(f"^{total:,} mini-batches")
    canvas = studio.page.get_by_role("application")
    expect(canvas).to_have_attribute("aria-label", whole, timeout=WAIT_MS)
    expect(studio.page.locator(".u-legend")).to_be_visible(timeout=WAIT_MS)
    section = _section(studio.page, "Mini-batches")
    section.scroll_into_view_if_needed()
    section.screenshot(path=FOLDER / "large.png")


def _section(page: Any, title: str) -> Any:
    return page.get_by_role("region", name=title, exact=True)


def _tab(browser: Browser, surroundings: Surroundings, **options: Any) -> Studio:
    return Studio(browser.new_context(**options).new_page(), surroundings.service.stack.url)


if __name__ == "__main__":
    main()
