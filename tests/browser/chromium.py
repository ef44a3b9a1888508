"""Finds a browser to drive: Debian's chromium, another build of it, or Playwright's own."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

REPOSITORY = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WHY_NOT = REPOSITORY / ".local" / "no-browser"
"""Where scripts/test leaves the reason why it could not install one."""

# Containers often have no room for Chromium's sandbox, and no /dev/shm to speak of.
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]


def launch(playwright: Playwright, executable: str) -> Browser:
    """Starts a browser."""
    return playwright.chromium.launch(executable_path=executable, args=OPTIONS)


def find(playwright: Playwright) -> str:
    """Returns the path of a browser.

    Skips the test if there is none, but not if there could be one.
    """
    named = os.environ.get("BATCHPOINT_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and Path(playwright.chromium.executable_path).exists():
        found = playwright.chromium.executable_path
    if found is not None:
        return found
    if "CI" in os.environ and not WHY_NOT.exists():
        pytest.fail("there is no browser, and nobody has tried to install one: scripts/test does")
    why = f" ({WHY_NOT.read_text().strip()})" if WHY_NOT.exists() else ""
    pytest.skip(f"no Chromium is on PATH{why}; BATCHPOINT_CHROMIUM names one that is elsewhere")
