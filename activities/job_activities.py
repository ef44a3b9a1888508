"""The activities that begin, plan, gather and end a job."""

from dataclasses import asdict
from typing import Any

import azure.durable_functions as df

from shared.domain.job import Job, JobError
from shared.domain.orchestration import ChunkWork, Payload
from shared.errors import BatchpointError, InvalidError, StorageError
from shared.services.admission import AdmissionService
from shared.services.ending import JobEnding
from shared.services.planning import Planner
from shared.services.pulse import Pulse
from shared.services.results import Results
from shared.storage.jobs import JobRepository


class JobActivities:
    """What orchestrators have done for a whole job or chunk."""

    def __init__(
        self,
        jobs: JobRepository,
        planner: Planner,
        results: Results,
        ending: JobEnding,
        admission: AdmissionService,
        pulse: Pulse,
    ) -> None:
        self._pulse = pulse
        self._admission = admission
        self._jobs = jobs
        self._planner = planner
        self._results = results
        self._ending = ending

    def register(self, app: df.DFApp) -> None:
        """Registers all activities of this module."""
        app.activity_trigger(input_name="job")(self.admit_job)
        app.activity_trigger(input_name="job")(self.prepare_job)
        app.activity_trigger(input_name="work")(self.plan_page)
        app.activity_trigger(input_name="work")(self.open_chunk)
        app.activity_trigger(input_name="work")(self.collect_chunk)
        app.activity_trigger(input_name="ending")(self.finish_job)

    def admit_job(self, job: str) -> dict[str, Any]:
        """Asks for the job's place on its compute; one that is to stop need not wait for it."""
        self._pulse.beat(job)
        return asdict(self._admission.ask(job))

    def prepare_job(self, job: str) -> dict[str, Any] | None:
        """Claims the output; answers why the job cannot run, None if it can."""
        self._pulse.beat(job)
        problem = self._planner.prepare(job)
        return asdict(problem) if problem else None

    def plan_page(self, work: Payload) -> dict[str, Any]:
        """Plans a part of the input; answers its chunks, or why there can be none."""
        self._pulse.beat(work["job"])
        try:
            page = self._planner.plan_page(work["job"], work["page"])
        except StorageError:
            raise
        except BatchpointError as error:
            return {"error": {"code": error.code, "message": error.message}}
        return {
            "error": None,
            "page": page.number,
            "first_chunk": page.first_chunk,
            "sizes": page.sizes,
            "nonce": page.nonce,
            "more": page.cursor is not None,
            "split": page.split,
        }

    def open_chunk(self, work: Payload) -> list[int]:
        """Answers which mini-batches of a chunk are still to be scored."""
        chunk = ChunkWork(**work)
        self._pulse.beat(chunk.job)
        if self._current(chunk) is None or self._planner.is_written(chunk.job):
            # What is written is what counts: only the end of the job was lost.
            return []
        return self._results.reopen(chunk.job, chunk.chunk, chunk.size, chunk.run)

    def collect_chunk(self, work: Payload) -> dict[str, Any] | None:
        """Stages a chunk's rows; answers why they do not fit together, None if they do."""
        chunk = ChunkWork(**work)
        self._pulse.beat(chunk.job)
        job = self._current(chunk)
        if job is None:
            return None
        try:
            self._results.collect(job, chunk.chunk, chunk.size)
        except InvalidError as error:
            return {"code": error.code, "message": error.message}
        return None

    def _current(self, chunk: ChunkWork) -> Job | None:
        """A chunk's job; None if that run of it is over and may not touch what is recorded."""
        job = self._jobs.get(chunk.job).job
        return None if job.run != chunk.run or job.status.is_final else job

    def finish_job(self, ending: Payload) -> str:
        """Ends a job; answers its final status."""
        self._pulse.beat(ending["job"])
        error = ending["error"]
        failure = JobError(**error) if error else None
        return self._ending.finish(ending["job"], ending["run"], failure).value
