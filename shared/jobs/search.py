"""Looks for jobs by a text, where a table can only be asked for equal values."""

from shared.jobs.model import Job, JobStatus
from shared.jobs.repository import JOBS, TABLE, JobPage, all_jobs, read_job
from shared.storage.continuation import decode_continuation, encode_continuation
from shared.storage.ports import TableStore

SEARCHED = 5000


class JobSearch:
    """Reads jobs, and leaves out those that do not have a text in them."""

    def __init__(self, tables: TableStore) -> None:
        self._tables = tables

    def page(
        self,
        text: str,
        *,
        endpoint: str | None = None,
        status: JobStatus | None = None,
        limit: int = 100,
        continuation: str | None = None,
    ) -> JobPage:
        """Lists jobs with a text in their name, endpoint, deployment or input, newest first.

        At most `SEARCHED` jobs are looked at for a page, so that it may have fewer than `limit`
        jobs, even none, and still a continuation.

        Raises:
            InvalidError: The continuation is none of an earlier page.
        """
        start = decode_continuation(continuation)[1] if continuation else None
        query = all_jobs(endpoint, status, start)
        found: list[Job] = []
        for looked_at, entity in enumerate(self._tables.query(TABLE, query)):
            if looked_at == SEARCHED or len(found) == limit:
                return JobPage(tuple(found), encode_continuation(JOBS, entity.row))
            job = read_job(entity)
            if _mentions(job, text.lower()):
                found.append(job)
        return JobPage(tuple(found), None)


def _mentions(job: Job, text: str) -> bool:
    places = (job.name, job.endpoint_name, job.deployment.name, job.input_uri)
    return any(text in place.lower() for place in places)
