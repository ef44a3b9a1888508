"""The activity that looks through pieces of files, so that each can be scored by itself."""

import azure.durable_functions as df

from shared.errors import BatchpointError, StorageError
from shared.inputs.piece_reader import PieceReader
from shared.invocation_logs import in_invocation
from shared.jobs.frozen import FrozenJobs
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.plan import PlannedFile
from shared.jobs.repository import JobRepository
from shared.jobs.stop_signals import StopSignals
from shared.jobs.work import ScanWork
from shared.messages import Payload
from shared.planning.splitting import needs_scan
from shared.results.store import Results


class ScanActivity:
    """Finds where the records of pieces begin."""

    def __init__(
        self,
        repository: JobRepository,
        jobs: FrozenJobs,
        pieces: PieceReader,
        results: Results,
        stops: StopSignals,
        heartbeat: Heartbeat,
    ) -> None:
        self._repository = repository
        self._jobs = jobs
        self._pieces = pieces
        self._results = results
        self._stops = stops
        self._heartbeat = heartbeat

    def register(self, app: df.DFApp) -> None:
        """Registers the activity."""
        app.activity_trigger(input_name="work")(in_invocation(self.scan_pieces))

    def scan_pieces(self, work: Payload) -> None:
        """Looks through some pieces of a page of the plan; those looked through are left out.

        Raises:
            StorageError: Storage did not serve; the orchestrator tries again.
        """
        item = ScanWork.read(work)
        job = self._jobs.of(item.key)
        for piece in self._planned(item)[item.part :: item.of]:
            if self._stops.reason(item.key) is not None:
                return
            self._heartbeat.record(item.job)
            try:
                self._pieces.scan(job, piece)
            except StorageError:
                raise
            except BatchpointError:
                # Scoring the piece meets the same, and reports it.
                continue

    def _planned(self, item: ScanWork) -> list[PlannedFile]:
        """Returns the pieces of a page that are to be looked through."""
        page = self._repository.plan_page(item.job, item.page)
        if page is None:
            return []
        segments = (page.first_segment + offset for offset in page.split)
        plans = (self._results.plan(item.job, page, segment) for segment in segments)
        files = (files[0] for plan in plans for files in plan.mini_batches)
        return [file for file in files if needs_scan(file)]
