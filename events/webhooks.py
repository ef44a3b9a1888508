"""A timer that tells webhooks what could not be told at once."""

import azure.durable_functions as df
import azure.functions as func

from shared.invocation_logs import in_invocation
from shared.webhooks.deliveries import WebhookDispatcher

SECONDS = 120.0


class WebhookTimer:
    """Has deliveries made of what jobs have untold, and those delivered that are due."""

    def __init__(self, dispatcher: WebhookDispatcher, schedule: str) -> None:
        """`schedule` is when to do it (NCRONTAB)."""
        self._dispatcher = dispatcher
        self._schedule = schedule

    def register(self, app: df.DFApp) -> None:
        """Registers the timer."""

        @app.function_name("webhooks")
        @app.timer_trigger(arg_name="timer", schedule=self._schedule, run_on_startup=False)
        @in_invocation
        def webhooks(timer: func.TimerRequest) -> None:  # pyright: ignore[reportUnusedFunction]
            del timer
            self.tell()

    def tell(self) -> None:
        """Tells what is due."""
        self._dispatcher.run(SECONDS)
