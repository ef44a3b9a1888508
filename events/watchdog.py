"""A timer that brings jobs back to life whose orchestration was lost.

A job is stored before its orchestration starts, and an orchestration can be lost: the start may
fail, and a local host keeps orchestrations in memory only. What mini-batches gave is recorded, so
that a new orchestration goes on from there.
"""

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from shared.domain.job import Job
from shared.domain.orchestration import SCORE_JOB, first_job_work
from shared.services.recovery import RecoveryService

logger = logging.getLogger(__name__)
ENDED_BADLY = {
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
    df.OrchestrationRuntimeStatus.Canceled,
}


class Watchdog:
    """Looks after jobs that have not ended."""

    def __init__(self, recovery: RecoveryService, schedule: str) -> None:
        self._recovery = recovery
        self._schedule = schedule

    def register(self, app: df.DFApp) -> None:
        """Registers the timer."""

        @app.function_name("watchdog")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @app.durable_client_input(client_name="client")
        async def watchdog(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.look(client)

    async def look(self, client: df.DurableOrchestrationClient) -> None:
        """Starts the orchestrations that are missing, and ends jobs whose orchestration failed."""
        for job in await asyncio.to_thread(self._recovery.unattended):
            try:
                await self._look_after(client, job)
            except Exception:
                logger.exception("job %s could not be looked after; trying again later", job.name)

    async def _look_after(self, client: df.DurableOrchestrationClient, job: Job) -> None:
        status = await client.get_status(job.instance_id)
        runtime_status = status.runtime_status if status else None
        if runtime_status is None:
            await self._restart(client, job)
        elif runtime_status in ENDED_BADLY:
            await asyncio.to_thread(self._recovery.give_up, job, str(status.output))

    async def _restart(self, client: df.DurableOrchestrationClient, job: Job) -> None:
        logger.warning("job %s has no orchestration; starting it again", job.name)
        await client.start_new(SCORE_JOB, job.instance_id, first_job_work(job, resume=True))
