"""`python -m tests.browser.screenshots`: makes the pictures of docs/studio anew."""

import re
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import find, launch
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
        url = surroundings.service.stack.url
        studio = _tab(browser, url, viewport=WIDE, color_scheme="light")
        studio.open("#/endpoints/weather")
        studio.drop(readings(FILES, *BROKEN))
        expect(studio.page.locator(".picked")).to_be_visible()
        studio.page.screenshot(path=FOLDER / "endpoint.png")
        studio.page.get_by_role("button", name=f"Score {FILES} files").click()
        studio.page.wait_for_url("**/#/jobs/*", timeout=WAIT_MS)
        job = studio.page.url.rpartition("#")[2]
        bar = studio.page.get_by_role("progressbar", name="Files done")
        more_than_half = re.compile("[5-9][0-9]")
        expect(bar).to_have_attribute("aria-valuenow", more_than_half, timeout=5 * WAIT_MS)
        studio.page.screenshot(path=FOLDER / "running.png")
        surroundings.gate.touch()
        expect(studio.page.locator(".head .status")).to_have_text("Completed", timeout=5 * WAIT_MS)
        dark = _tab(browser, url, viewport=WIDE, color_scheme="dark")
        phone = _tab(browser, url, viewport=PHONE, color_scheme="light")
        for name, tab in (("dark", dark), ("phone", phone)):
            tab.open(f"#{job}")
            expect(tab.page.locator(".u-legend")).to_be_visible(timeout=WAIT_MS)
            expect(tab.page.locator("table.data")).to_be_visible(timeout=WAIT_MS)
            tab.page.screenshot(path=FOLDER / f"{name}.png")
        browser.close()


def _tab(browser: Browser, url: str, **options: Any) -> Studio:
    return Studio(browser.new_context(**options).new_page(), url)


if __name__ == "__main__":
    main()
