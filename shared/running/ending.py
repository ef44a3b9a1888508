"""Ends a run of a job, and tells webhooks at once."""

from shared.jobs.model import JobError, JobStatus
from shared.running.finishing import Finisher
from shared.webhooks.deliveries import WebhookDispatcher

SECONDS = 15.0


class JobEnding:
    """What is done when a run of a job is over."""

    def __init__(self, finisher: Finisher, dispatcher: WebhookDispatcher) -> None:
        self._finisher = finisher
        self._dispatcher = dispatcher

    def finish(self, name: str, run: int, error: JobError | None) -> JobStatus:
        """Ends a run as `Finisher` does; when all is done, nobody waits for what is told."""
        status = self._finisher.finish(name, run, error)
        self._dispatcher.tell_of(name, SECONDS)
        return status
