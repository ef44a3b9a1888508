"""`python -m tests.browser.measure`: measures what docs/studio.md says of speed and size."""

import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.chromium import find, launch
from tests.browser.many import Past
from tests.browser.studio import WAIT_MS, WIDE, Studio
from tests.browser.surroundings import Surroundings
from tests.browser.timing import FIRST_PAINT, LOADED, REDRAWN

ROUNDS = 5
CHUNKS = 4000


def main() -> None:
    """Opens pages in contexts that have nothing in their caches, and prints medians."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Surroundings(Path(folder)) as surroundings,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, find(playwright))
        stack = surroundings.service.stack
        past = Past(stack.connection_string)
        total = past.large_job("huge", CHUNKS)
        past.close()
        paints = [_paint(browser, stack.url) for _ in range(ROUNDS)]
        first, sizes = [paint for paint, _ in paints], [size for _, size in paints]
        _say(f"first contentful paint: median {median(first):.0f} ms of {sorted(first)}")
        _say(f"bytes of the page: {max(sizes)}")
        seen, drawn, heap = zip(*[_map(browser, stack.url) for _ in range(ROUNDS)], strict=True)
        _say(f"{total} mini-batches: all read and drawn after median {median(seen):.2f} s")
        _say(f"moving in the map: median {median(drawn):.0f} ms; heap {max(heap):.0f} MiB")
        browser.close()


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _paint(browser: Browser, url: str) -> tuple[float, int]:
    studio = Studio(browser.new_context(viewport=WIDE).new_page(), url)
    studio.open("#/endpoints")
    expect(studio.page.get_by_role("link", name="weather")).to_be_visible(timeout=WAIT_MS)
    paint: float = studio.page.evaluate(FIRST_PAINT)
    size = sum(studio.page.evaluate(LOADED))
    studio.page.context.close()
    return round(paint), size


def _map(browser: Browser, url: str) -> tuple[float, float, float]:
    studio = Studio(browser.new_context(viewport=WIDE).new_page(), url)
    studio.open("#/endpoints")
    started = time.monotonic()
    studio.open("#/jobs/huge")
    studio.page.get_by_text("Mini-batches as a table").click(timeout=WAIT_MS)
    studio.page.get_by_label("Show").select_option("with failed files")
    expect(studio.page.get_by_text("101 of 100,000")).to_be_visible(timeout=WAIT_MS)
    canvas = studio.page.get_by_role("application")
    seconds = time.monotonic() - started
    drawn: float = canvas.evaluate(REDRAWN)
    heap: float = studio.page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    studio.page.context.close()
    return seconds, drawn, heap


if __name__ == "__main__":
    main()
