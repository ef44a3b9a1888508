"""Finds orchestrators that Azure runs otherwise than their code reads.

The SDK's executor and the extension count tasks independently of each other. Where the code goes
on before all of its earlier actions are over, both may give the same id to different tasks, and a
task then gets the result of another one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from devhost.durable.core.actions import (
    Action,
    Answer,
    CallActivity,
    CallSubOrchestrator,
    CreateTimer,
    WhenAll,
    WhenAny,
)
from devhost.durable.core.context import Context
from devhost.durable.core.decisions import CreateSubOrchestration, Decision, ScheduleActivity
from devhost.task_labels import TIMER, TaskLabel


class Topic(Enum):
    """The kinds of remarks on an orchestrator; the value is the text of those that need no more."""

    SERIAL = (
        "task_any over several calls is followed by another one, and each later call waits for the"
        " one before it, as in Azure. Use task_all, or sub-orchestrations that call one after"
        " another"
    )
    RETRIED = (
        "a call with a retry policy is one of several in task_all or task_any: if it gives up while"
        " another still runs, what follows gets wrong results, as in Azure. Retry in a"
        " sub-orchestration"
    )
    MISPLACED = "a result goes to another task"
    NON_DETERMINISM = "the replay contradicts the history"
    UNKNOWN = "a function is missing"
    DUPLICATE = "a sub-orchestration's id is taken"


@dataclass(frozen=True)
class Remark:
    """A remark for the log."""

    topic: Topic
    text: str


def find_risks(actions: Iterable[Action]) -> list[Remark]:
    """Finds the forms in an orchestrator's actions that go wrong in Azure."""
    risks: list[Remark] = []
    windows = [action for action in actions if isinstance(action, WhenAny)]
    calls = [sum(not isinstance(a, CreateTimer) for a in window.actions) for window in windows]
    if any(count > 1 for count in calls[:-1]) and any(calls[1:]):
        risks.append(Remark(Topic.SERIAL, Topic.SERIAL.value))
    if any(_retries_one_of_several(action) for action in actions):
        risks.append(Remark(Topic.RETRIED, Topic.RETRIED.value))
    return risks


def find_misplaced(context: Context, answer: Answer) -> list[Remark]:
    """Finds open tasks whose results will go to other tasks of the orchestrator."""
    found: list[Remark] = []
    for task_id, expected in answer.open_tasks.items():
        if task_id not in context.open_tasks:
            continue
        actual = _label(context.made[task_id])
        if actual != expected:
            text = f"the result of {actual}, task {task_id}, goes to {expected}, as in Azure"
            found.append(Remark(Topic.MISPLACED, text))
    return found


def _retries_one_of_several(action: Action) -> bool:
    leaves = list(_leaves(action))
    return len(leaves) > 1 and any(
        isinstance(leaf, (CallActivity, CallSubOrchestrator)) and leaf.retry is not None
        for leaf in leaves
    )


def _leaves(action: Action) -> Iterable[Action]:
    if isinstance(action, (WhenAll, WhenAny)):
        for child in action.actions:
            yield from _leaves(child)
    else:
        yield action


def _label(decision: Decision) -> TaskLabel:
    if isinstance(decision, (ScheduleActivity, CreateSubOrchestration)):
        return TaskLabel(decision.name, decision.input)
    return TIMER
