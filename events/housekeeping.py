"""A timer that removes old things, so that storage does not grow forever."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from shared.clock import Clock, utc_now
from shared.housekeeping.service import Housekeeping
from shared.invocation_logs import in_invocation

logger = logging.getLogger(__name__)
SECONDS = 240.0
ENDED = [
    df.OrchestrationRuntimeStatus.Completed,
    df.OrchestrationRuntimeStatus.Failed,
    df.OrchestrationRuntimeStatus.Terminated,
    df.OrchestrationRuntimeStatus.Canceled,
]
EVER_SINCE = datetime(2020, 1, 1, tzinfo=UTC)


class HousekeepingTimer:
    """Does the housekeeping of the app's storage, and has old orchestrations forgotten."""

    def __init__(
        self,
        housekeeping: Housekeeping,
        schedule: str,
        history: timedelta | None,
        clock: Clock = utc_now,
    ) -> None:
        """`history` is how long orchestrations that have ended are kept; None is forever."""
        self._housekeeping = housekeeping
        self._schedule = schedule
        self._history = history
        self._clock = clock

    def register(self, app: df.DFApp) -> None:
        """Registers the timer."""

        @app.function_name("housekeeping")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @app.durable_client_input(client_name="client")
        @in_invocation
        async def housekeeping(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.clean(client)

    async def clean(self, client: df.DurableOrchestrationClient) -> None:
        """Removes what is old enough, for some minutes; the next time goes on."""
        report = await asyncio.to_thread(self._housekeeping.run, SECONDS)
        if self._history is not None and not report.is_busy:
            await self._purge(client, self._clock() - self._history)

    async def _purge(self, client: df.DurableOrchestrationClient, before: datetime) -> None:
        try:
            answer = await client.purge_instance_history_by(EVER_SINCE, before, ENDED)
        except Exception:
            logger.exception("old orchestrations could not be purged; trying again later")
            return
        if answer.instances_deleted:
            logger.info("purged %d orchestrations that have ended", answer.instances_deleted)
