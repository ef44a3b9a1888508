"""Plans the rest of a job's input, page after page, while its lanes score what is planned.

Lifecycle, in a loop: plan_page -> scan_pieces, several at once, and open_page, where files are
split. It continues as new while its history is short.
"""

from typing import Any, cast

import azure.durable_functions as df

from orchestrators.calls import Orchestration, call, call_all, stop, told
from shared.jobs.work import (
    OPEN_PAGE,
    PAGES_PER_GENERATION,
    PLAN_PAGE,
    SCAN_PIECES,
    SCANS_AT_ONCE,
    EndWork,
    PageWork,
    PlannedPage,
    ScanWork,
)


def plan_job(context: df.DurableOrchestrationContext) -> Orchestration:
    """Plans pages until the input ends; an error stops the job, for all lanes to see.

    Returns:
        Why it could not go on, as the fields of a `JobError`; None if it could.
    """
    work = PageWork.read(cast("dict[str, Any]", context.get_input()))
    try:
        for number in range(work.page, work.page + PAGES_PER_GENERATION):
            more = yield from _plan(context, work.at(number))
            if not more:
                return None
    except Exception as failure:  # noqa: BLE001 - whatever gave up, the lanes must know
        error = told(failure)
        yield from stop(context, EndWork(**work.base(), error=error))
        return error
    context.continue_as_new(work.at(work.page + PAGES_PER_GENERATION).payload())
    return None


def _plan(context: df.DurableOrchestrationContext, work: PageWork) -> Orchestration:
    """Plans one page and lets it be scored; returns whether another follows."""
    answer = yield from call(context, PLAN_PAGE, work)
    planned = PlannedPage.read(answer)
    if planned.pieces:
        shares = min(planned.pieces, SCANS_AT_ONCE)
        scans = [
            ScanWork(**work.base(), page=work.page, part=part, of=shares) for part in range(shares)
        ]
        yield from call_all(context, SCAN_PIECES, scans)
        yield from call(context, OPEN_PAGE, work)
    return planned.more
