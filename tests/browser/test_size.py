"""Large jobs, and how little and how soon the page is there."""

import re
import time

from playwright.sync_api import expect

from tests.browser.conftest import OpenStudio
from tests.browser.many import Past
from tests.browser.studio import PHONE, WAIT_MS, WIDE
from tests.browser.timing import FIRST_PAINT, LOADED

MEGABYTES_OF_A_TAB = 200
IS_DRAWN = """canvas => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, 1);
  return data.filter((_, at) => at % 4 === 3 && data[at] === 255).length > canvas.width * 0.9;
}"""


def test_a_hundred_thousand_mini_batches_are_all_there(open_studio: OpenStudio, past: Past):
    total = past.large_job("huge", chunks=4000)
    assert total == 100_000
    started = time.monotonic()
    studio = open_studio("#/jobs/huge")
    page = studio.page
    canvas = page.get_by_role("application")
    expect(canvas).to_have_attribute(
        "aria-label", re.compile("^100,000 mini-batches"), timeout=WAIT_MS
    )
    assert time.monotonic() - started < 20
    colours = canvas.evaluate(
        """canvas => {
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const seen = new Set();
          for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255)
            seen.add(data[at] + "," + data[at + 1] + "," + data[at + 2]);
          return seen.size;
        }"""
    )
    assert colours >= 7, "five shades of scored ones, failed ones, and those that wait"

    canvas.focus()
    page.keyboard.press("End")
    told = page.locator("#map-told")
    expect(told).to_have_text("Mini-batch 99,999: waiting.")
    page.keyboard.press("Home")
    expect(told).to_have_text(re.compile("^Mini-batch 0: failed, 10 files .* 4 attempts.$"))

    page.get_by_text("Mini-batches as a table").click()
    page.get_by_label("Show").select_option("with failed files")
    expect(page.get_by_text("101 of 100,000")).to_be_visible()
    expect(page.locator("figcaption")).to_contain_text("Most rows: 300 rows/s")
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    assert heap < MEGABYTES_OF_A_TAB

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            studio.check()
            assert canvas.evaluate(IS_DRAWN), f"nothing is drawn, {scheme}, {size}"
    # The test looks at the canvas more often than the page does.
    studio.complaints = [text for text in studio.complaints if "willReadFrequently" not in text]


def test_the_first_paint_is_quick_and_little_is_loaded(open_studio: OpenStudio):
    times: list[float] = []
    bare: list[float] = []
    for _ in range(3):
        # Each in a context of its own, which has nothing in its cache.
        studio = open_studio("#/endpoints")
        page = studio.page
        expect(page.get_by_role("link", name="weather")).to_be_visible()
        times.append(page.evaluate(FIRST_PAINT))
        other = page.context.new_page()
        other.goto(f"{studio.url}/api/health")
        bare.append(other.evaluate(FIRST_PAINT))
    loaded = page.evaluate(LOADED)
    # What a page of one line takes is the browser's own, on a machine that may be busy.
    assert min(times) - min(bare) < 1000
    assert len(loaded) >= 4
    assert sum(loaded) < 150_000
