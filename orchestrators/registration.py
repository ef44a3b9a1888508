"""Registers the orchestrators with the app."""

import azure.durable_functions as df

from orchestrators.plan_job import plan_job
from orchestrators.provision_deployment import provision_deployment
from orchestrators.score_job import score_job
from orchestrators.score_lane import score_lane
from orchestrators.score_lanes import score_lanes


def register(app: df.DFApp) -> None:
    """Makes the generators orchestration-triggered functions."""
    for orchestrator in (score_job, plan_job, score_lanes, score_lane, provision_deployment):
        app.orchestration_trigger(context_name="context")(orchestrator)
