"""The jobs that this process works for, read once for each run.

What a job does is frozen when its run is asked for. So what was read of it holds for the run,
except for its status and counts, which no one may take from here.
"""

from dataclasses import replace

from shared.errors import NotFoundError
from shared.jobs.model import Job, JobRun
from shared.jobs.repository import JobRepository
from shared.read_once import ReadOnce

REMEMBERED = 256


class FrozenJobs:
    """Remembers the deployment, settings, input and output of jobs."""

    def __init__(self, jobs: JobRepository) -> None:
        self._jobs = jobs
        self._known = ReadOnce(self._read, REMEMBERED)

    def of(self, run: JobRun) -> Job:
        """Returns the job of a run, as it was when it was first asked for.

        Raises:
            NotFoundError: There is no such job, or only a later one of its name.
        """
        return self._known.get(run)

    def _read(self, run: JobRun) -> Job:
        job = self._jobs.get(run.job).job
        if job.identity != run.identity:
            raise NotFoundError(f"the job '{run.job}' was deleted, and made again since")
        return replace(job, run=run.run)
