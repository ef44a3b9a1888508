"""Scores one job: a planner and as many lanes as mini-batches are to be under way, side by side.

Lifecycle: admit_job until the compute has room -> prepare_job, which plans the first of the input
-> one plan_job and all lanes -> finish_job. What ends a job early is recorded as its stop, which
the planner and all lanes see by themselves.
"""

from datetime import timedelta
from typing import Any, cast

import azure.durable_functions as df

from orchestrators.calls import Orchestration, call, told
from shared.jobs.work import (
    ADMISSIONS_PER_GENERATION,
    ADMIT_JOB,
    FINISH_JOB,
    LANES_PER_GROUP,
    PLAN_JOB,
    PREPARE_JOB,
    SCORE_LANE,
    SCORE_LANES,
    Admission,
    EndWork,
    JobWork,
    LanesWork,
    PageWork,
    Prepared,
    PrepareWork,
    RunWork,
)


def score_job(context: df.DurableOrchestrationContext) -> Orchestration:
    """Runs a job to its end.

    Returns:
        The job's final status; None if it goes on as new, or is in other hands.
    """
    work = JobWork.read(cast("dict[str, Any]", context.get_input()))
    error: dict[str, str] | None = None
    try:
        is_admitted = yield from _wait_for_admission(context, work)
        if not is_admitted:
            context.continue_as_new(work.payload())
            return None
        epoch = f"{context.current_utc_datetime:%Y%m%d%H%M%S%f}-{context.new_uuid()[:8]}"
        item = PrepareWork(**work.base(), epoch=epoch, resume=work.resume)
        answer = yield from call(context, PREPARE_JOB, item)
        prepared = Prepared.read(answer)
        if prepared.is_superseded:
            return None
        error = prepared.error
        if error is None and prepared.lanes:
            errors = yield context.task_all(_parts(context, work, prepared, epoch))
            error = next((found for found in errors if found is not None), None)
    except Exception as failure:  # noqa: BLE001 - whatever gave up, the job must end
        error = told(failure)
    status = yield from call(context, FINISH_JOB, EndWork(**work.base(), error=error))
    return status


def _wait_for_admission(context: df.DurableOrchestrationContext, work: JobWork) -> Orchestration:
    """Asks until the job may run; False if the history has become long enough by asking."""
    item = RunWork(**work.base())
    for _ in range(ADMISSIONS_PER_GENERATION):
        answer = yield from call(context, ADMIT_JOB, item)
        admission = Admission.read(answer)
        if admission.is_admitted:
            return True
        again_at = context.current_utc_datetime + timedelta(seconds=admission.seconds)
        yield context.create_timer(again_at)
    return False


def _parts(
    context: df.DurableOrchestrationContext, work: JobWork, prepared: Prepared, epoch: str
) -> list[Any]:
    """Makes the planner, if anything is left to plan, and the lanes: in groups if there are many.

    Each child that ends makes its parent replay its history, so that no parent has many.
    """
    parts: list[Any] = []
    if prepared.page is not None:
        page = PageWork(**work.base(), page=prepared.page)
        parts.append(context.call_sub_orchestrator(PLAN_JOB, page.payload()))
    every = LanesWork(
        **work.base(),
        epoch=epoch,
        lanes=prepared.lanes,
        resume=work.resume,
        first=0,
        count=prepared.lanes,
    )
    if prepared.lanes <= LANES_PER_GROUP:
        lanes = every.members()
        return [*parts, *(context.call_sub_orchestrator(SCORE_LANE, x.payload()) for x in lanes)]
    groups = every.groups(LANES_PER_GROUP)
    return [*parts, *(context.call_sub_orchestrator(SCORE_LANES, x.payload()) for x in groups)]
