"""The task objects of azure-functions-durable 1.x, over those of `durabletask`.

Two things differ between the libraries and are settled here. In 1.x a task is scheduled when it is
first yielded, not when it is made; and a failed task's `result` is the exception, it does not raise
(https://github.com/Azure/azure-functions-durable-python, models/Task.py).
"""

import json
from collections.abc import Callable
from typing import Any, TypeAlias

from azure.durable_functions.models.Task import TaskState
from durabletask import task

Json: TypeAlias = Any
"""What JSON can say, as user code reads it."""


class DurableTask:
    """One call of an activity or a sub-orchestration, or one wait for an event."""

    def __init__(self, label: str, start: Callable[[], task.Task[Any]]) -> None:
        """`label` names what runs in the message of a failure; `start` schedules it."""
        self._label = label
        self._start = start
        self._inner: task.Task[Any] | None = None
        self._failure: Exception | None = None

    def schedule(self) -> task.Task[Any]:
        """Schedules the work, once, and gives the engine's own task."""
        if self._inner is None:
            self._inner = self._start()
        return self._inner

    @property
    def state(self) -> TaskState:
        """Whether the work runs, succeeded or failed."""
        if self._inner is None or not self._inner.is_complete:
            return TaskState.RUNNING
        return TaskState.FAILED if self._inner.is_failed else TaskState.SUCCEEDED

    @property
    def is_completed(self) -> bool:
        """Whether the work ended, well or not."""
        return self.state is not TaskState.RUNNING

    @property
    def result(self) -> Json:
        """The value, or the exception of a failed task, or None while it runs."""
        if self._inner is None or not self._inner.is_complete:
            return None
        return self._error(self._inner) if self._inner.is_failed else self._value(self._inner)

    def _value(self, inner: task.Task[Any]) -> Json:
        return inner.get_result()

    def _error(self, inner: task.Task[Any]) -> Exception:
        if self._failure is None:
            self._failure = failure(self._label, inner.get_exception().details)
        return self._failure


class TimerTask(DurableTask):
    """A timer, which can be cancelled."""

    def __init__(self, start: Callable[[], task.TimerTask]) -> None:
        super().__init__("Timer", start)
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._is_cancelled

    def cancel(self) -> None:
        """Lets the orchestration end without waiting for the timer.

        Raises:
            ValueError: The timer has fired.
        """
        if self.is_completed:
            raise ValueError("Cannot cancel a completed task.")
        self._is_cancelled = True


class _Compound(DurableTask):
    """Waits for others. Without any, it has succeeded from the start, with no result."""

    def __init__(
        self,
        label: str,
        children: list[DurableTask],
        combine: Callable[[list[task.Task[Any]]], task.Task[Any]],
    ) -> None:
        super().__init__(label, lambda: combine([child.schedule() for child in children]))
        self._children = children

    @property
    def state(self) -> TaskState:
        return super().state if self._children else TaskState.SUCCEEDED


class WhenAny(_Compound):
    """Completes with the first child to complete; its result is that child."""

    def __init__(self, children: list[DurableTask]) -> None:
        super().__init__("task_any", children, task.when_any)

    def _value(self, inner: task.Task[Any]) -> DurableTask:
        first = inner.get_result()
        return next(child for child in self._children if child.schedule() is first)


class WhenAll(_Compound):
    """Completes with all results, or fails with the first child that fails."""

    def __init__(self, children: list[DurableTask]) -> None:
        super().__init__("task_all", children, _FailFast)

    def _value(self, inner: task.Task[Any]) -> list[Json]:
        del inner
        return [child.result for child in self._children]

    def _error(self, inner: task.Task[Any]) -> Exception:
        first = inner.get_exception()
        for child in self._children:
            engine_task = child.schedule()
            if engine_task.is_failed and engine_task.get_exception() is first:
                return child.result
        return first


class _FailFast(task.WhenAllTask[Any]):
    """The engine waits for every child before it reports a failure; 1.x does not."""

    def on_child_completed(self, task: task.Task[Any]) -> None:
        super().on_child_completed(task)
        if task.is_failed and not self.is_complete:
            self._exception = task.get_exception()
            self._is_complete = True
            self._notify_parent()


def failure(label: str, details: task.FailureDetails) -> Exception:
    """Gives the exception that an orchestrator sees when what it called has failed.

    1.x makes one string of the host's reason and details; the details are JSON with a `Message`.
    """
    kind = details.error_type.rpartition(".")[2]
    cause = {
        "ClassName": "System.Exception",
        "Message": f" {kind}: {details.message}",
        "StackTraceString": details.stack_trace,
    }
    return Exception(f"{label} failed:  {kind}: {details.message} \n {json.dumps(cause)}")
