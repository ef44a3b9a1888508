"""Progress of a job's plan, cached between reads of storage.

Only the last segment of the plan may hold fewer mini-batches than others, but for incremental jobs,
where the last one of each page may. So numbers of mini-batches may have gaps.
"""

from bisect import bisect_right

from shared.errors import NotFoundError
from shared.jobs.plan import PlanReference, mini_batch_number, place_of
from shared.jobs.repository import JobRepository, PlanPage


class PlanIndex:
    """The pages of a job's plan that may be scored; reads what is new when it is asked to."""

    def __init__(self, jobs: JobRepository, job: str) -> None:
        self._jobs = jobs
        self._job = job
        self._pages: list[PlanPage] = []

    @property
    def pages(self) -> int:
        """Number of pages that may be scored: the number of the next one."""
        return len(self._pages)

    @property
    def mini_batches(self) -> int:
        """Number of mini-batches that may be scored, as far as known."""
        return self._pages[-1].totals.mini_batches if self._pages else 0

    @property
    def is_complete(self) -> bool:
        """True if these are all mini-batches of the job."""
        return bool(self._pages) and self._pages[-1].cursor is None

    def refresh(self) -> None:
        """Reads the pages that have come since."""
        if self.is_complete:
            return
        for page in self._jobs.plan_pages(self._job, first=len(self._pages)):
            if not page.is_open:
                return
            self._pages.append(page)

    def first_from(self, number: int) -> int | None:
        """Returns the first mini-batch with that number or a later one; None if none is planned."""
        segment, index = place_of(number)
        page = self._page(segment)
        if page is None:
            return None
        if index < page.sizes[segment - page.first_segment]:
            return number
        return self.first_from(mini_batch_number(segment + 1, 0))

    def left(self, number: int) -> int:
        """Returns how many mini-batches are planned from one on."""
        page, offset, index = self._place(number)
        rest = sum(page.sizes[offset:]) - index
        return rest + self.mini_batches - page.totals.mini_batches

    def room(self, number: int) -> int:
        """Returns how many mini-batches there are from one to the end of its segment."""
        page, offset, index = self._place(number)
        return page.sizes[offset] - index

    def reference(self, number: int) -> PlanReference:
        """Returns where the files of a mini-batch are written down."""
        page, offset, _ = self._place(number)
        return page.reference(page.first_segment + offset)

    def _place(self, number: int) -> tuple[PlanPage, int, int]:
        """Finds a mini-batch: its page, the offset of its segment there, its place in that.

        Raises:
            NotFoundError: It is not planned, as far as is known.
        """
        segment, index = place_of(number)
        page = self._page(segment)
        if page is None:
            raise NotFoundError(f"mini-batch {number} of the job '{self._job}' is not planned")
        return page, segment - page.first_segment, index

    def _page(self, segment: int) -> PlanPage | None:
        at = bisect_right(self._pages, segment, key=lambda page: page.first_segment) - 1
        # A page of an incremental job may have no segments, and begins where the next one does.
        while at >= 0 and not self._pages[at].sizes:
            at -= 1
        found = self._pages[at] if at >= 0 else None
        return found if found is not None and segment in found.segments else None
