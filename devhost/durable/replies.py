"""Reads the workers' replies as the durable extension reads those of its worker."""

from dataclasses import replace

from devhost.durable.core.actions import (
    Answer,
    UnsupportedActionError,
    parse_answer,
    parse_raised,
)
from devhost.durable.core.results import (
    ActivityResult,
    Completed,
    describe_failure,
    describe_raised,
)
from devhost.durable.core.work import ActivityWork
from devhost.workers.calls import ActivityReply, Failure, OrchestratorReply, Reply


def read_answer(reply: Reply) -> Answer:
    """Reads the reply of an orchestrator as the extension does."""
    try:
        if isinstance(reply, OrchestratorReply):
            return replace(parse_answer(reply.answer), open_tasks=reply.open_tasks)
        if not isinstance(reply, Failure):
            raise TypeError(f"an orchestrator has answered {type(reply).__name__}")
        answer = parse_raised(reply.message)
    except UnsupportedActionError as error:
        return Answer((), error=str(error))
    if answer is None or answer.is_done:
        # The extension then looks at no actions.
        raised = describe_raised(str(reply), reply.stack)
        return Answer((), error=f"One or more errors occurred. ({raised})")
    return answer


def read_result(work: ActivityWork, reply: Reply) -> ActivityResult:
    """Reads the reply of an activity as the extension does."""
    if isinstance(reply, Failure):
        return describe_failure(work.name, str(reply), reply.stack)
    if not isinstance(reply, ActivityReply):
        raise TypeError(f"an activity has answered {type(reply).__name__}")
    return Completed(reply.result)
