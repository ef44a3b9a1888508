"""Runs an orchestrator in the SDK's own executor, which replays the whole history each time."""

import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from azure.durable_functions.models.actions.NoOpAction import NoOpAction
from azure.durable_functions.models.history import HistoryEvent
from azure.durable_functions.models.Task import AtomicTask
from azure.durable_functions.orchestrator import Orchestrator
from azure.functions import OrchestrationContext

from devhost.task_labels import TIMER, TaskLabel
from devhost.workers.calls import OrchestratorReply

_REMEMBERED_TIMES = 2**14


def remember_times() -> None:
    """Lets the SDK parse each timestamp once, not once in each replay.

    Parsing them is four fifths of the cost of a replay, and a history has the same ones each time.
    """
    module: Any = sys.modules[HistoryEvent.__module__]
    if not hasattr(module.dt_parse, "cache_info"):
        module.dt_parse = lru_cache(_REMEMBERED_TIMES)(module.dt_parse)


def execute(handle: Callable[..., Any], request: str) -> OrchestratorReply:
    """Replays an orchestrator; raises what the SDK raises, with the answer in its message.

    Args:
        handle: The function of an orchestration trigger, as the SDK's decorator has made it.
        request: The JSON that the durable extension sends.
    """
    contexts: list[Any] = []
    orchestrator: Callable[[Any], Any] = getattr(handle, "orchestrator_function")  # noqa: B009

    def observed(context: Any) -> Any:  # noqa: ANN401 - the SDK has no types
        contexts.append(context)
        return orchestrator(context)

    replay: Any = Orchestrator.create(observed)
    replay._df_input_type = getattr(handle, "_df_input_type", None)  # noqa: SLF001
    answer = replay(OrchestrationContext(request))
    return OrchestratorReply(answer, _open_tasks(contexts[0].open_tasks))


def _open_tasks(tasks: Mapping[Any, Any]) -> dict[int, TaskLabel]:
    """Labels the tasks that wait for a completion. External events are known by their names."""
    return {
        task_id: _label(task)
        for task_id, task in tasks.items()
        if isinstance(task_id, int) and isinstance(task, AtomicTask)
    }


def _label(task: Any) -> TaskLabel:  # noqa: ANN401 - the SDK has no types
    action = task.action_repr
    if isinstance(action, NoOpAction):
        if action.metadata != "rescheduled task":
            return TIMER
        action = task.parent.actions
    document = action.to_json()
    if "functionName" not in document:
        return TIMER
    return TaskLabel(document["functionName"], document.get("input"))
