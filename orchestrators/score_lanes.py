"""Runs some of a job's lanes side by side, so that the job itself has few children."""

from typing import Any, cast

import azure.durable_functions as df

from orchestrators.calls import Orchestration
from shared.jobs.work import SCORE_LANE, LanesWork


def score_lanes(context: df.DurableOrchestrationContext) -> Orchestration:
    """Runs the lanes to their ends.

    Returns:
        Why one could not go on, as the fields of a `JobError`; None if all could.
    """
    work = LanesWork.read(cast("dict[str, Any]", context.get_input()))
    errors = yield context.task_all(
        [context.call_sub_orchestrator(SCORE_LANE, lane.payload()) for lane in work.members()]
    )
    return next((error for error in errors if error is not None), None)
