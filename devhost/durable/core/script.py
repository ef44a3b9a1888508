"""Performs the actions of an answer: each is begun and waited for before the next one.

So an action waits for those before it even where the orchestrator's code did not: after a
`task_all` that failed early, or in a window that slides by `task_any`.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from devhost.durable.core.actions import (
    Action,
    Answer,
    CallActivity,
    CallSubOrchestrator,
    ContinueAsNew,
    CreateTimer,
    RetryPolicy,
    WaitForEvent,
    WhenAll,
    WhenAny,
)
from devhost.durable.core.context import Context
from devhost.durable.core.promises import Promise, TaskError, run, when_all, when_any
from devhost.json_payloads import Json


class OrchestratorError(TaskError):
    """The orchestrator failed; the message is the reason, `details` are for its parent."""

    def __init__(self, reason: str, details: str) -> None:
        super().__init__(reason)
        self.details = details


@dataclass(frozen=True)
class FunctionNames:
    """The durable functions that the app has."""

    orchestrators: Collection[str]
    activities: Collection[str]


class Script:
    """The actions of one answer, in the orchestration's context.

    Attributes:
        unknown: Functions that were called and that the app does not have.
    """

    def __init__(self, context: Context, answer: Answer, functions: FunctionNames) -> None:
        self._context = context
        self._answer = answer
        self._functions = functions
        self.unknown: list[str] = []

    async def perform(self) -> Json:
        """Performs all actions; gives the output once the orchestrator is done.

        Raises:
            OrchestratorError: The orchestrator failed.
        """
        answer = self._answer
        for action in answer.actions:
            promise = self._begin(action)
            # The executor has told the orchestrator of a failure.
            with suppress(TaskError):
                await promise
        if answer.error:
            name = self._context.identity.name
            reason = f"Orchestrator function '{name}' failed: {answer.error}"
            raise OrchestratorError(reason, f"Message: {answer.error}, StackTrace: ")
        if not answer.is_done:
            await Promise()
        return answer.output

    def _begin(self, action: Action) -> Promise:
        match action:
            case WhenAll(actions):
                promise = when_all([self._begin(child) for child in actions])
            case WhenAny(actions):
                promise = when_any([self._begin(child) for child in actions])
            case CallActivity() | CallSubOrchestrator():
                promise = self._call(action)
            case CreateTimer(fire_at, is_canceled):
                promise = self._context.create_timer(fire_at, is_canceled=is_canceled)
            case WaitForEvent(name):
                promise = self._context.wait_for_event(name)
            case ContinueAsNew(input_):
                self._context.continue_as_new(input_)
                promise = _over()
        return promise

    def _call(self, action: CallActivity | CallSubOrchestrator) -> Promise:
        if isinstance(action, CallActivity):
            if action.name not in self._functions.activities:
                return self._missing(action.name, "activity")
            call = partial(self._context.call_activity, action.name, action.input)
        else:
            if action.name not in self._functions.orchestrators:
                return self._missing(action.name, "orchestrator")
            call = partial(
                self._context.call_sub_orchestrator, action.name, action.input, action.instance_id
            )
        return call() if action.retry is None else run(self._retried(call, action.retry))

    def _missing(self, name: str, kind: str) -> Promise:
        # The extension schedules nothing and goes on, and the orchestrator waits forever.
        self.unknown.append(
            f"the function '{name}' doesn't exist, is disabled, or is not an {kind} function: as in"
            " Azure, who waits for it waits forever"
        )
        return _over()

    async def _retried(self, call: Callable[[], Promise], retry: RetryPolicy) -> Json:
        failure = TaskError("There was no attempt")
        for attempt in range(1, retry.attempts + 1):
            try:
                return await call()
            except TaskError as error:
                failure = error
            # The last attempt has a timer as well, which is due at once.
            pause = retry.pause if attempt < retry.attempts else timedelta()
            await self._context.create_timer(self._context.now + pause)
        raise failure


def _over() -> Promise:
    promise = Promise()
    promise.resolve()
    return promise
