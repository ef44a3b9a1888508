"""Registers the orchestrators with the app."""

import azure.durable_functions as df

from orchestrators.provision_deployment import provision_deployment
from orchestrators.score_chunk import score_chunk
from orchestrators.score_job import score_job


def register(app: df.DFApp) -> None:
    """Makes the generators orchestration-triggered functions."""
    for orchestrator in (score_job, score_chunk, provision_deployment):
        app.orchestration_trigger(context_name="context")(orchestrator)
