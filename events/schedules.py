"""A timer that starts the jobs of schedules.

Timers come at least once, and may come late: what is due, and what was started already, is read
from storage each time.
"""

import asyncio

import azure.durable_functions as df
import azure.functions as func

from shared.invocation_logs import in_invocation
from shared.running.starting import start_job
from shared.schedules.scheduler import Scheduler


class ScheduleTimer:
    """Looks for schedules that are due."""

    def __init__(self, scheduler: Scheduler, schedule: str) -> None:
        """`schedule` is when to look (NCRONTAB)."""
        self._scheduler = scheduler
        self._schedule = schedule

    def register(self, app: df.DFApp) -> None:
        """Registers the timer."""

        @app.function_name("schedules")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @app.durable_client_input(client_name="client")
        @in_invocation
        async def schedules(  # pyright: ignore[reportUnusedFunction]
            timer: func.TimerRequest, client: df.DurableOrchestrationClient
        ) -> None:
            del timer
            await self.run_due(client)

    async def run_due(self, client: df.DurableOrchestrationClient) -> None:
        """Makes and starts the jobs that are due."""
        due = self._scheduler.run_due()
        while (job := await asyncio.to_thread(next, due, None)) is not None:
            await start_job(client, job)
