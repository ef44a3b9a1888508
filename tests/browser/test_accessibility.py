"""The studio for everybody: axe's rules of WCAG AA, the keyboard, narrow screens."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenStudio
from tests.browser.studio import PHONE, WIDE, Studio
from tests.browser.surroundings import readings


@pytest.mark.parametrize("viewport", [PHONE, WIDE], ids=["phone", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    open_studio: OpenStudio, finished: str, scheme: str, viewport: dict[str, Any]
):
    studio = open_studio("#/endpoints", color_scheme=scheme, viewport=viewport)
    page = studio.page
    expect(page.get_by_role("link", name="weather")).to_be_visible()
    studio.check()

    studio.open("#/endpoints/weather")
    studio.drop(readings(3))
    page.get_by_text("Settings of this job").click()
    expect(page.get_by_role("link", name=finished)).to_be_visible()
    studio.check()

    studio.open("#/jobs")
    expect(page.get_by_role("link", name=finished)).to_be_visible()
    studio.check()

    studio.open(f"#/jobs/{finished}")
    page.locator(".errors summary").click()
    page.get_by_text("Mini-batches as a table").click()
    expect(page.get_by_role("region", name="First rows of means.csv")).to_be_visible()
    expect(page.locator(".u-legend")).to_be_visible()
    studio.check()
    page.get_by_role("button", name="Invoke again").click()
    studio.check()

    studio.open("#/nowhere")
    studio.check()


def test_all_is_done_with_the_keyboard(open_studio: OpenStudio, finished: str):
    studio = open_studio("#/jobs")
    page = studio.page
    link = page.get_by_role("link", name=finished)
    expect(link).to_be_visible()
    reach(studio, link)
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(finished)
    expect(heading).to_be_focused()

    canvas = page.get_by_role("application")
    expect(canvas).to_be_visible()
    reach(studio, canvas)
    told = page.locator("#map-told")
    expect(told).to_contain_text("Mini-batch 0: scored")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("Mini-batch 1: scored")
    page.keyboard.press("End")
    expect(told).to_contain_text("Mini-batch 11: scored")
    page.keyboard.press("Escape")
    expect(told).to_contain_text("Point at a cell")

    table = page.get_by_text("Mini-batches as a table")
    reach(studio, table)
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Table of mini-batches")).to_be_visible()


def reach(studio: Studio, target: Any, steps: int = 40) -> None:
    """Presses Tab until something has the focus."""
    for _ in range(steps):
        studio.page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError("the keyboard does not lead there")


def test_the_colours_are_the_users_choice(open_studio: OpenStudio):
    studio = open_studio("#/endpoints", color_scheme="light")
    page = studio.page
    body = page.locator("body")
    light = body.evaluate("body => getComputedStyle(body).backgroundColor")
    page.get_by_label("Colours").select_option("dark")
    expect(body).not_to_have_css("background-color", light)
    dark = body.evaluate("body => getComputedStyle(body).backgroundColor")
    page.reload()
    expect(body).to_have_css("background-color", dark)
    page.get_by_label("Colours").select_option("system")
    expect(body).to_have_css("background-color", light)
