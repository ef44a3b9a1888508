"""A timer that continues with building environments whose orchestration was lost.

A deployment is stored as `Creating` before its orchestration starts, and an orchestration can be
lost: the start may fail, and a local host keeps orchestrations in memory only.
"""

import asyncio
import logging
from dataclasses import asdict

import azure.durable_functions as df
import azure.functions as func

from shared.endpoints.provisioning import ProvisioningService
from shared.endpoints.provisioning_work import (
    PROVISION_DEPLOYMENT,
    ProvisioningWork,
    provisioning_work,
)
from shared.invocation_logs import in_invocation

logger = logging.getLogger(__name__)
ENDED_BADLY = {
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
    df.OrchestrationRuntimeStatus.Canceled,
}


class ProvisioningWatchdog:
    """Looks after deployments that are being provisioned."""

    def __init__(self, provisioning: ProvisioningService, schedule: str) -> None:
        self._provisioning = provisioning
        self._schedule = schedule

    def register(self, app: df.DFApp) -> None:
        """Registers the timer."""

        @app.function_name("provisioning_watchdog")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @app.durable_client_input(client_name="client")
        @in_invocation
        async def provisioning_watchdog(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.look(client)

    async def look(self, client: df.DurableOrchestrationClient) -> None:
        """Starts the orchestrations that are missing, and fails deployments whose one failed."""
        for deployment in await asyncio.to_thread(self._provisioning.unattended):
            work = provisioning_work(deployment)
            try:
                await self._look_after(client, work)
            except Exception:
                logger.exception("'%s' could not be looked after; later again", deployment.name)

    async def _look_after(
        self, client: df.DurableOrchestrationClient, work: ProvisioningWork
    ) -> None:
        status = await client.get_status(work.instance_id)
        runtime_status = status.runtime_status if status else None
        if runtime_status is None:
            logger.warning("the deployment '%s' has no orchestration", work.deployment)
            await client.start_new(PROVISION_DEPLOYMENT, work.instance_id, asdict(work))
        elif runtime_status in ENDED_BADLY:
            reason = f"the building was given up: {str(status.output)[:2000]}"
            await asyncio.to_thread(self._provisioning.finish, work, reason)
