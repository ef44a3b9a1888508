"""The activities that admit, prepare, plan and end a job, and hand out its mini-batches."""

from typing import Any

import azure.durable_functions as df

from shared.errors import BatchpointError, StorageError
from shared.invocation_logs import in_invocation
from shared.jobs.heartbeat import Heartbeat
from shared.jobs.model import Stop, StopReason
from shared.jobs.stop_signals import StopSignals
from shared.jobs.work import EndWork, LaneWork, PageWork, PlannedPage, PrepareWork, RunWork
from shared.lanes.service import LaneService
from shared.messages import Payload
from shared.planning.planner import Planner
from shared.running.admission import AdmissionService
from shared.running.finishing import Finisher
from shared.running.preparation import JobPreparation


class JobActivities:
    """Activities for a job as a whole, and for its lanes."""

    def __init__(
        self,
        admission: AdmissionService,
        preparation: JobPreparation,
        planner: Planner,
        lanes: LaneService,
        finisher: Finisher,
        stops: StopSignals,
        heartbeat: Heartbeat,
    ) -> None:
        self._admission = admission
        self._preparation = preparation
        self._planner = planner
        self._lanes = lanes
        self._finisher = finisher
        self._stops = stops
        self._heartbeat = heartbeat

    def register(self, app: df.DFApp) -> None:
        """Registers all activities of this module."""
        for activity in (
            self.admit_job,
            self.prepare_job,
            self.plan_page,
            self.open_page,
            self.next_chunk,
            self.stop_job,
            self.finish_job,
        ):
            app.activity_trigger(input_name="work")(in_invocation(activity))

    def admit_job(self, work: Payload) -> dict[str, Any]:
        """Asks for the job's place on its compute; answers `Admission`.

        One that is to stop need not wait for it.
        """
        item = RunWork.read(work)
        self._heartbeat.record(item.job)
        return self._admission.ask(item.job).payload()

    def prepare_job(self, work: Payload) -> dict[str, Any]:
        """Claims the output and plans the first of the input; answers `Prepared`."""
        item = PrepareWork.read(work)
        self._heartbeat.record(item.job)
        return self._preparation.prepare(item).payload()

    def plan_page(self, work: Payload) -> dict[str, Any]:
        """Plans a part of the input; answers `PlannedPage`.

        An input that cannot be planned stops the job.

        Raises:
            StorageError: Storage did not serve; the orchestrator tries again.
        """
        item = PageWork.read(work)
        self._heartbeat.record(item.job)
        if self._stops.reason(item.key) is not None:
            return PlannedPage(more=False).payload()
        try:
            page = self._planner.plan_page(item.job, item.page)
        except StorageError:
            raise
        except BatchpointError as error:
            self._stops.request(item.key, Stop(StopReason.FAILED, error.message, code=error.code))
            return PlannedPage(more=False).payload()
        pieces = 0 if page.is_open else sum(page.sizes[offset] for offset in page.split)
        return PlannedPage(page.cursor is not None, pieces).payload()

    def open_page(self, work: Payload) -> None:
        """Lets a page be scored whose pieces were looked through."""
        item = PageWork.read(work)
        self._heartbeat.record(item.job)
        self._planner.open_page(item.job, item.page)

    def next_chunk(self, work: Payload) -> dict[str, Any]:
        """Records the chunk that a lane has scored, and claims the next; answers `NextChunk`.

        Raises:
            BatchpointError: It could not be done now; the orchestrator tries again.
        """
        item = LaneWork.read(work)
        self._heartbeat.record(item.job)
        return self._lanes.next_chunk(item).payload()

    def stop_job(self, work: Payload) -> None:
        """Stops a run of which an orchestration cannot go on."""
        item = EndWork.read(work)
        self._heartbeat.record(item.job)
        if item.failure is not None:
            stop = Stop(StopReason.FAILED, item.failure.message, code=item.failure.code)
            self._stops.request(item.key, stop)

    def finish_job(self, work: Payload) -> str:
        """Ends a job; answers its final status."""
        item = EndWork.read(work)
        self._heartbeat.record(item.job)
        return self._finisher.finish_and_notify(item.job, item.run, item.failure).value
