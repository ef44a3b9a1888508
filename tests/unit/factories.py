"""Jobs to try the services with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.endpoints.model import Deployment, Model
from shared.endpoints.scoring_settings import ScoringSettings
from shared.jobs.model import Job, JobOutput, RecordStorage

START = datetime(2026, 1, 1, tzinfo=UTC)


def make_job(name: str = "j", **more: Any) -> Job:
    """A job that was just created."""
    settings = ScoringSettings(max_concurrency_per_instance=2)
    model = Model("m", "1", "azureml://datastores/workspaceblobstore/paths/m")
    deployment = Deployment("blue", "taxi", "r", model, settings, START)
    output = JobOutput("workspaceblobstore", f"azureml/{name}/score", "predictions.csv")
    table = RecordStorage.TABLE
    job = Job(
        name, "taxi", deployment, settings, "https://host/in", output, START, records_in=table
    )
    return replace(job, **more)


class FakeTime:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)
