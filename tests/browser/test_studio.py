"""Uses the studio as a user does, in a real browser, on a running stack."""

import csv
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import OpenStudio
from tests.browser.many import Past
from tests.browser.studio import WAIT_MS
from tests.browser.surroundings import Surroundings, readings

FILES = 90
BROKEN = 11


def test_from_dropped_files_to_a_download(
    closed_gate: Path, open_studio: OpenStudio, tmp_path: Path
):
    studio = open_studio("#/endpoints")
    page = studio.page

    page.get_by_role("link", name="weather").click()
    expect(page.get_by_text("Daily means of weather stations")).to_be_visible()
    job = studio.score(readings(FILES, BROKEN))
    expect(page.get_by_role("heading", level=1)).to_have_text(job)

    # The job goes on before the user's eyes, until all scorers have got a file that waits.
    studio.await_status("Running")
    bar = page.get_by_role("progressbar", name="Files done")
    some = re.compile(f"^[3-8][0-9] of {FILES} files$")
    expect(bar).to_have_attribute("aria-valuetext", some, timeout=3 * WAIT_MS)
    expect(page.locator(".graph li.active .name")).to_have_text("batchscoring")
    expect(page.get_by_role("application")).to_have_attribute(
        "aria-label", re.compile(f"^{FILES} mini-batches")
    )
    expect(page.get_by_role("log")).to_contain_text("station-0003.csv: 24 readings")

    # The first error, with its traceback, and its place in the map.
    error = page.locator(".errors details")
    expect(error).to_have_count(1)
    error.locator("summary").click()
    expect(error.locator("pre")).to_contain_text("could not convert string to float: 'no'")
    expect(error.locator("pre")).to_contain_text('readings.py", line')
    error.get_by_role("button", name=f"mini-batch {BROKEN}").click()
    expect(page.locator("#map-told")).to_have_text(
        re.compile(f"^Mini-batch {BROKEN}: failed, 1 file .*2 attempts.$")
    )
    expect(page.get_by_role("log").locator("article")).to_have_count(2)

    page.get_by_role("button", name="Cancel the job").click()
    studio.await_status("Canceled")
    expect(page.locator(".graph li.canceled .name")).to_have_text("batchscoring")

    closed_gate.touch()
    page.get_by_role("button", name="Resume").click()
    studio.await_status("Completed")
    expect(bar).to_have_attribute("aria-valuenow", "100")
    expect(page.locator(".graph li.done")).to_have_count(3)

    preview = page.get_by_role("region", name="First rows of means.csv")
    expect(preview.get_by_role("columnheader")).to_have_text(["file", "readings", "mean"])
    expect(preview.get_by_role("row").nth(1)).to_have_text("station-0000.csv240.48")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download means.csv").click()
    assert download.value.suggested_filename == "means.csv"
    download.value.save_as(tmp_path / "means.csv")
    with (tmp_path / "means.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = [f"station-{number:04d}.csv" for number in range(FILES) if number != BROKEN]
    assert [row["file"] for row in rows] == expected


def test_a_job_is_invoked_again_with_other_settings(open_studio: OpenStudio, finished: str):
    studio = open_studio(f"#/jobs/{finished}")
    page = studio.page
    page.get_by_role("button", name="Invoke again").click()
    dialog = page.get_by_role("dialog", name="Invoke again")
    dialog.get_by_label("Files per mini-batch").fill("6")
    dialog.get_by_label("Failed files allowed").fill("0")
    dialog.get_by_role("button", name="Start the job").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(finished)
    studio.await_status("Failed")
    expect(page.get_by_role("alert")).to_contain_text("ErrorThresholdExceeded")
    expect(page.locator(".graph li.failed .name")).to_have_text("batchscoring")
    expect(page.locator(".graph li.done .detail")).to_have_text("12 files in 2 mini-batches")


def test_a_refused_setting_is_explained_and_nothing_is_started(
    open_studio: OpenStudio, finished: str
):
    studio = open_studio(f"#/jobs/{finished}")
    page = studio.page
    page.get_by_role("button", name="Invoke again").click()
    dialog = page.get_by_role("dialog", name="Invoke again")
    dialog.get_by_label("Output file").fill("../elsewhere.csv")
    dialog.get_by_role("button", name="Start the job").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The job was not started.")
    expect(dialog.get_by_role("alert")).to_contain_text("A file name without folders")
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(finished)
    refused = [text for text in studio.complaints if "422" in text]
    assert len(refused) == 1
    studio.complaints.clear()


def test_storage_that_refuses_the_page_is_explained(open_studio: OpenStudio):
    studio = open_studio("#/endpoints/weather")
    studio.page.route(re.compile("LocalUpload"), lambda route: route.abort())
    studio.drop(readings(2))
    studio.page.get_by_role("button", name="Score 2 files").click()
    told = studio.page.get_by_role("form").get_by_role("alert")
    expect(told).to_contain_text("its CORS rules must allow PUT", timeout=WAIT_MS)
    studio.complaints.clear()


def test_thousands_of_jobs_are_filtered_searched_and_paged(
    open_studio: OpenStudio, past: Past, finished: str
):
    past.jobs(130, "nightly")
    studio = open_studio("#/jobs?search=nightly")
    page = studio.page
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(50)
    for shown in (100, 130):
        page.get_by_role("button", name="Show more").click()
        expect(rows).to_have_count(shown)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)

    page.get_by_label("Search").fill("nightly-0007")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("nightly-0007")
    assert page.url.endswith("#/jobs?search=nightly-0007")

    page.get_by_label("Status").select_option("Failed")
    expect(page.get_by_text("There are no such jobs.")).to_be_visible()
    page.get_by_label("Status").select_option("Completed")
    page.get_by_label("Search").fill("")
    page.get_by_role("link", name=finished).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(finished)


def test_no_other_host_is_asked_for_anything(
    surroundings: Surroundings, open_studio: OpenStudio, finished: str
):
    studio = open_studio("#/endpoints")
    hosts: set[str] = set()
    studio.page.on("request", lambda request: hosts.add("/".join(request.url.split("/")[:3])))
    for place in ("#/jobs", "#/endpoints/weather", f"#/jobs/{finished}"):
        studio.open(place)
        studio.page.wait_for_load_state("networkidle")
    assert hosts == {surroundings.service.stack.url}
