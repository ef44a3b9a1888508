"""Replays a history against an answer, event by event, as the Durable Task Framework does."""

from collections import deque
from collections.abc import Iterable

from devhost.durable.core.confirmation import NonDeterminismError, confirm
from devhost.durable.core.context import Context
from devhost.durable.core.decisions import Complete, Decision, StartOver, Status
from devhost.durable.core.events import Event, EventType
from devhost.durable.core.promises import Promise, TaskError, run
from devhost.durable.core.script import OrchestratorError, Script
from devhost.json_payloads import read_time, write_json

_ALWAYS_HEARD = {EventType.EXECUTION_RESUMED, EventType.EXECUTION_TERMINATED}


class Replay:
    """One replay.

    Attributes:
        non_determinism: The contradiction between replay and history; None if there was none.
    """

    def __init__(self, context: Context, script: Script) -> None:
        self._context = context
        self._script = script
        self._outcome = Promise()
        self._is_over = False
        self._is_suspended = False
        self._held_events: deque[Event] = deque()
        self._held_decisions: dict[int, Decision] = {}
        self._carried_over: list[Event] = []
        self.non_determinism: str | None = None

    def run(self, history: Iterable[Event]) -> list[Decision]:
        """Processes all events; gives the decisions that the history does not have yet."""
        try:
            for event in history:
                self._process(event)
            if self._outcome.is_done and not self._context.open_tasks:
                self._conclude()
        except NonDeterminismError as error:
            self.non_determinism = str(error)
            details = f"Unhandled exception while executing orchestration: {error}"
            self._complete(Status.FAILED, str(error), details)
        return [decision for _, decision in sorted(self._context.decisions.items())]

    def _process(self, event: Event) -> None:
        if event.type is EventType.ORCHESTRATOR_STARTED:
            self._context.now = read_time(event.timestamp)
        elif self._is_suspended and event.type not in _ALWAYS_HEARD:
            if event.type is not EventType.EXECUTION_SUSPENDED:
                self._held_events.append(event)
        else:
            self._handle(event)

    def _handle(self, event: Event) -> None:
        match event.type:
            case (
                EventType.TASK_SCHEDULED
                | EventType.SUB_ORCHESTRATION_CREATED
                | EventType.TIMER_CREATED
            ):
                confirm(self._context.decisions, event)
            case (
                EventType.TASK_COMPLETED
                | EventType.SUB_ORCHESTRATION_COMPLETED
                | EventType.TIMER_FIRED
            ):
                if (task := self._context.open_tasks.pop(event.task_id, None)) is not None:
                    task.resolve(event.fields.get("Result"))
            case EventType.TASK_FAILED | EventType.SUB_ORCHESTRATION_FAILED:
                if (task := self._context.open_tasks.pop(event.task_id, None)) is not None:
                    task.fail(TaskError(event.fields["Reason"]))
            case EventType.EXECUTION_STARTED:
                self._outcome = run(self._script.perform())
            case _:
                self._handle_from_outside(event)

    def _handle_from_outside(self, event: Event) -> None:
        match event.type:
            case EventType.EVENT_RAISED if self._context.next_input is None:
                self._context.raise_event(event.fields["Name"], event.fields["Input"])
            case EventType.EVENT_RAISED:
                self._carried_over.append(event)
            case EventType.EXECUTION_TERMINATED:
                self._complete(Status.TERMINATED, event.fields["Input"])
            case EventType.EXECUTION_SUSPENDED:
                self._suspend()
            case EventType.EXECUTION_RESUMED:
                self._resume()
            case _:
                pass

    def _suspend(self) -> None:
        self._is_suspended = True
        self._held_decisions.update(self._context.decisions)
        self._context.decisions.clear()

    def _resume(self) -> None:
        self._is_suspended = False
        self._context.decisions.update(self._held_decisions)
        self._held_decisions.clear()
        held, self._held_events = self._held_events, deque()
        for event in held:
            self._process(event)

    def _conclude(self) -> None:
        if isinstance(error := self._outcome.error, OrchestratorError):
            self._complete(Status.FAILED, str(error), error.details)
        elif self._context.next_input is not None and not self._is_over:
            (input_,), carried_over = self._context.next_input, tuple(self._carried_over)
            self._context.decide(lambda task_id: StartOver(task_id, input_, carried_over))
        else:
            output = self._outcome.result()
            self._complete(Status.COMPLETED, None if output is None else write_json(output))

    def _complete(self, status: Status, result: str | None, details: str | None = None) -> None:
        if not self._is_over:
            self._is_over = True
            self._context.decide(lambda task_id: Complete(task_id, status, result, details))
