"""A timer that brings jobs back to life whose orchestration was lost or is stuck.

A job is stored before its orchestration starts, and an orchestration can be lost: the start may
fail, and a local host keeps orchestrations in memory only. Or it waits for something that never
comes. What mini-batches gave is recorded, so that a new orchestration goes on from there.
"""

import asyncio
import logging

import azure.durable_functions as df
import azure.functions as func

from shared.invocation_logs import in_invocation
from shared.jobs.model import Job
from shared.jobs.work import SCORE_JOB, first_job_work
from shared.running.recovery import RecoveryService

logger = logging.getLogger(__name__)
ALIVE = {
    df.OrchestrationRuntimeStatus.Running,
    df.OrchestrationRuntimeStatus.Pending,
    df.OrchestrationRuntimeStatus.ContinuedAsNew,
}
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
        @in_invocation
        async def watchdog(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.look(client)

    async def look(self, client: df.DurableOrchestrationClient) -> None:
        """Starts what is missing or stuck again, and ends jobs whose orchestration failed."""
        for job in await asyncio.to_thread(self._recovery.unattended):
            try:
                await self._look_after(client, job)
            except Exception:
                logger.exception("job %s could not be looked after; trying again later", job.name)

    async def _look_after(self, client: df.DurableOrchestrationClient, job: Job) -> None:
        status = await client.get_status(job.instance_id)
        runtime_status = status.runtime_status if status else None
        if runtime_status is None:
            if await _is_missing(client, job.instance_id):
                await self._restart(client, job)
        elif runtime_status in ENDED_BADLY:
            await asyncio.to_thread(self._recovery.give_up, job, str(status.output))
        elif runtime_status is df.OrchestrationRuntimeStatus.Completed:
            if await asyncio.to_thread(self._recovery.is_in_progress, job):
                await self._restart(client, job)
        elif runtime_status in ALIVE and await asyncio.to_thread(self._recovery.is_stuck, job):
            await self._renew(client, job)

    async def _restart(self, client: df.DurableOrchestrationClient, job: Job) -> None:
        logger.warning("job %s has no orchestration; starting it again", job.name)
        await asyncio.to_thread(self._recovery.stop_earlier, job)
        await client.start_new(SCORE_JOB, job.instance_id, first_job_work(job, resume=True))

    async def _renew(self, client: df.DurableOrchestrationClient, job: Job) -> None:
        """Starts a stuck job again: as another run, since the old one may yet come back to life."""
        renewed = await asyncio.to_thread(self._recovery.renew, job)
        if renewed is None:
            return
        logger.warning("job %s is stuck; starting it again as run %d", job.name, renewed.run)
        try:
            await client.terminate(job.instance_id, "nothing was done for too long")
        except Exception:
            logger.exception("the stuck orchestration %s could not be ended", job.instance_id)
        work = first_job_work(renewed, resume=True)
        await client.start_new(SCORE_JOB, renewed.instance_id, work)


async def _is_missing(client: df.DurableOrchestrationClient, instance_id: str) -> bool:
    """True if there is really no such orchestration.

    `get_status` gives an answer without a status for 404 and for 500 alike; a query raises for all
    but 200.
    """
    found = await client.get_status_by(instance_id_prefix=instance_id)
    return all(status.instance_id != instance_id for status in found)
