"""Inputs and outputs: folders, and partial results."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenStudio
from tests.browser.studio import WAIT_MS
from tests.browser.surroundings import HELD, Surroundings, readings

# One chunk of mini-batches, which are begun in the order of the files.
FILES = 25
FIRST = HELD - 20
# Each of two scorers has one mini-batch, and one that is read ahead for it.
UNDER_WAY = 4
BROKEN = 11


@pytest.fixture
def stations(tmp_path: Path) -> Path:
    """A folder with folders in it, and files that nobody means."""
    files = list(readings(6).items())
    for number, (name, text) in enumerate(files):
        place = tmp_path / "stations" / f"year-{number % 3}" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (tmp_path / "stations" / ".DS_Store").write_text("no readings")
    return tmp_path / "stations"


def test_a_dropped_folder_is_scored_with_all_that_is_in_it(
    surroundings: Surroundings, open_studio: OpenStudio, stations: Path
):
    surroundings.gate.touch()
    studio = open_studio("#/endpoints/weather")
    studio.drop_from_disk(stations)
    page = studio.page
    expect(page.get_by_role("form")).to_contain_text("stations/year-0/station-0000.csv")
    page.get_by_role("button", name="Score 6 files").click()
    page.wait_for_url("**/#/jobs/*", timeout=WAIT_MS)
    studio.await_status("Completed")
    expect(page.locator(".facts")).to_contain_text(re.compile(r"LocalUpload/.+/stations"))
    expect(page.get_by_role("region", name="First rows").get_by_role("row")).to_have_count(7)


def test_a_folder_is_chosen(open_studio: OpenStudio, stations: Path):
    studio = open_studio("#/endpoints/weather")
    with studio.page.expect_file_chooser() as chooser:
        studio.page.get_by_role("button", name="A folder").click()
    chooser.value.set_files(stations)
    expect(studio.page.get_by_role("form")).to_contain_text("stations/year-0/station-0000.csv")
    expect(studio.page.get_by_role("button", name="Score 6 files")).to_be_visible()


def test_a_folder_without_files_is_told(open_studio: OpenStudio, tmp_path: Path):
    (tmp_path / "none" / ".git").mkdir(parents=True)
    studio = open_studio("#/endpoints/weather")
    studio.drop_from_disk(tmp_path / "none")
    expect(studio.page.get_by_role("alert")).to_contain_text("there are no files in it")


def test_what_is_scored_so_far_and_all_logs_are_saved(
    closed_gate: Path, open_studio: OpenStudio, tmp_path: Path
):
    studio = open_studio("#/endpoints/weather")
    page = studio.page
    studio.score(readings(FILES, FIRST + BROKEN, first=FIRST))
    bar = page.get_by_role("progressbar", name="Files done")
    held = re.compile(f"^{HELD - FIRST} of {FILES} files$")
    expect(bar).to_have_attribute("aria-valuetext", held, timeout=3 * WAIT_MS)

    # Those that wait for the gate, and those read ahead, are running; the others are waiting.
    page.get_by_text("Mini-batches as a table").click()
    for word, count in (("running", UNDER_WAY), ("waiting", FIRST + FILES - HELD - UNDER_WAY)):
        page.get_by_label("Show").select_option(word)
        expect(page.get_by_text(f"{count} of {FILES}")).to_be_visible(timeout=WAIT_MS)

    studio.check()

    name = "means.partial.csv"
    preview = page.get_by_role("region", name=f"First rows of {name}")
    expect(preview.get_by_role("row").nth(1)).to_have_text("station-0050.csv2420.48")
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Download {name}").click()
    download.value.save_as(tmp_path / name)
    with (tmp_path / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    scored = [number for number in range(FIRST, HELD) if number != FIRST + BROKEN]
    expected = [f"station-{number:04d}.csv" for number in scored]
    assert [row["file"] for row in rows] == expected

    page.get_by_text("What happened to the job").click()
    happened = page.get_by_role("region", name="What happened")
    expect(happened).to_contain_text(f"mini-batch {BROKEN}: attempt 1 failed")
    closed_gate.touch()
    studio.await_status("Completed")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    log = Path(download.value.path()).read_text()
    found = [int(number) for number in re.findall(r"^--- mini-batch (\d+), attempt 1", log, re.M)]
    assert found == list(range(FILES))
    assert "Completed" in log
