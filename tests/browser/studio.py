"""The studio in a browser, as a user has it before them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

REPOSITORY = Path(__file__).resolve().parents[2]
AXE = REPOSITORY / "studio" / "node_modules" / "axe-core" / "axe.min.js"
WAIT_MS = 40_000
DROP = """(zone, files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of Object.entries(files)) transfer.items.add(new File([text], name));
  for (const kind of ["dragover", "drop"]) {
    const options = {dataTransfer: transfer, bubbles: true, cancelable: true};
    zone.dispatchEvent(new DragEvent(kind, options));
  }
}"""
FITS = "document.documentElement.scrollWidth <= innerWidth"
PHONE = {"width": 360, "height": 740}
WIDE = {"width": 1600, "height": 1000}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (rules) => {
  const found = await window.axe.run({runOnly: rules});
  return found.violations.map(({id, help, nodes}) => [id, help, nodes.map(({html}) => html)]);
}"""


class Studio:
    """One tab of a browser on the studio; keeps what the browser complained of."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def open(self, place: str = "") -> None:
        """Opens a page of the studio by its address; signs in on the way, as the page does."""
        self.page.goto(f"{self.url}/api/studio/{place}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()

    def drop(self, files: Mapping[str, str]) -> None:
        """Drops files onto the page of an endpoint."""
        zone = self.page.locator(".drop")
        zone.evaluate(DROP, dict(files))

    def drop_from_disk(self, *paths: Path) -> None:
        """Drops files and folders as the desktop would."""
        box = self.page.locator(".drop").bounding_box()
        assert box is not None
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        session = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})

    def score(self, files: Mapping[str, str]) -> str:
        """Drops files and starts a job; answers its name."""
        self.drop(files)
        self.page.get_by_role("button", name=f"Score {len(files)} files").click()
        self.page.wait_for_url("**/#/jobs/*", timeout=WAIT_MS)
        return self.page.url.rpartition("/")[2]

    def await_status(self, word: str) -> None:
        """Waits until the job that is shown has a status."""
        status = self.page.locator(".head .status")
        expect(status).to_have_text(word, timeout=WAIT_MS)

    def check(self) -> None:
        """Fails if axe finds anything wrong with the page as it is now, or if it is too wide."""
        # Evaluated rather than added as a script: the page's own policy would keep that out.
        self.page.evaluate(AXE.read_text("utf-8"))
        assert self.page.evaluate(RUN_AXE, RULES) == []
        assert self.page.evaluate(FITS), "it is too wide"
