"""What is to be seen in a single job beside its state and its counts."""

from shared.jobs.model import Job
from shared.jobs.repository import JobRepository
from shared.monitoring.mini_batch_pages import MiniBatchPage, MiniBatchReader, Place
from shared.monitoring.previews import Preview, Previews


class JobDetails:
    """The use cases of those who look into a job."""

    def __init__(
        self, jobs: JobRepository, mini_batches: MiniBatchReader, previews: Previews
    ) -> None:
        self._jobs = jobs
        self._mini_batches = mini_batches
        self._previews = previews

    def mini_batches(self, name: str, since: Place | None) -> tuple[Job, MiniBatchPage]:
        """Reads what is known of a job's mini-batches, page by page.

        Raises:
            NotFoundError: There is no such job.
        """
        job = self._jobs.shown(name)
        return job, self._mini_batches.read(job, since)

    def preview(self, name: str, file: str | None, limit: int) -> Preview:
        """Reads the first rows of an output file; the first file if none is named.

        Raises:
            NotFoundError: There is no such job, or it has not written such a file.
        """
        return self._previews.read(self._jobs.shown(name), file, limit)

    def preview_partial(self, name: str, limit: int) -> Preview:
        """Reads the first rows of what is scored so far.

        Raises:
            NotFoundError: There is no such job.
            ConflictError: Its records were removed.
        """
        return self._previews.read_partial(self._jobs.shown(name), limit)
