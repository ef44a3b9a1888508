"""Calls activities, again after a pause where one fails.

The rules of the genuine durable extension (docs/reliability.md): what runs side by side stands in
one `task_all` of plain calls, and what follows waits for all of it. A retry policy of the SDK has
no place there: once a call with one gives up, what follows may get another call's answer. So all
calls are made here, without such policies.

What user code does wrong is not tried again here: an activity answers it, and the orchestrator
decides by the deployment's own retry settings.
"""

from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

from shared.jobs.work import STOP_JOB, EndWork
from shared.messages import Message

Orchestration = Generator[Any, Any, Any]
PAUSES = (2, 2, 4, 8, 15, 30, 30)
"""Seconds before each further call after one that failed: storage or the host did."""


def call(context: df.DurableOrchestrationContext, name: str, work: Message) -> Orchestration:
    """Calls an activity until it succeeds, a bounded number of times.

    Raises:
        Exception: The last call failed, too.
    """
    for pause in PAUSES:
        try:
            answer = yield context.call_activity(name, work.payload())
        except Exception:  # noqa: BLE001 - the SDK raises no other kind
            work = work.repeated()
            yield _timer(context, pause)
        else:
            return answer
    answer = yield context.call_activity(name, work.payload())
    return answer


def call_all(
    context: df.DurableOrchestrationContext, name: str, works: Sequence[Message]
) -> Orchestration:
    """Calls an activity with several inputs at once; where one fails, with each by itself.

    So what fails now and then fails no more often because others are called beside it.

    Returns:
        The answers, in the order of the inputs.

    Raises:
        Exception: A call failed the last time, too.
    """
    if len(works) == 1:
        answer = yield from call(context, name, works[0])
        return [answer]
    try:
        answers = yield context.task_all(
            [context.call_activity(name, work.payload()) for work in works]
        )
    except Exception:  # noqa: BLE001 - as above
        yield _timer(context, PAUSES[0])
    else:
        return answers
    answers: list[Any] = []
    for work in works:
        answer = yield from call(context, name, work.repeated())
        answers.append(answer)
    return answers


def stop(context: df.DurableOrchestrationContext, work: EndWork) -> Orchestration:
    """Has a job stopped that cannot go on; if even that fails, the job's end tells the error."""
    try:
        yield from call(context, STOP_JOB, work)
    except Exception:  # noqa: BLE001 - the error goes up to the job in any case
        return


def told(failure: Exception) -> dict[str, str]:
    """Returns why an orchestration cannot go on, as the fields of a `JobError`."""
    # The extension puts the failure's details behind its first line, as JSON with a stack trace.
    message = str(failure).partition("\n")[0].strip()
    return {"code": "ExecutionFailed", "message": message}


def _timer(context: df.DurableOrchestrationContext, seconds: float) -> Any:  # noqa: ANN401 - the SDK's tasks have no public type
    return context.create_timer(context.current_utc_datetime + timedelta(seconds=seconds))
