"""The tasks of one replay: those that are open, by their ids, and the decisions that made them."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from devhost.durable.core.decisions import (
    CreateSubOrchestration,
    Decision,
    ScheduleActivity,
    SetTimer,
)
from devhost.durable.core.promises import Promise, TaskError


class CanceledError(TaskError):
    """The timer was canceled."""


@dataclass(frozen=True)
class Identity:
    """The orchestration that is replayed."""

    instance_id: str
    execution_id: str
    name: str


class Context:
    """Begins tasks as the durable extension does, under ids that count up from zero.

    Attributes:
        identity: The orchestration.
        now: The time of the episode that is being replayed.
        decisions: Those that the history has not confirmed, by id.
        made: All decisions of this replay, by id.
        open_tasks: The tasks that wait for a completion, by id.
        next_input: The next execution's input, if the orchestrator continues as new.
    """

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.now = datetime.min.replace(tzinfo=UTC)
        self.decisions: dict[int, Decision] = {}
        self.made: dict[int, Decision] = {}
        self.open_tasks: dict[int, Promise] = {}
        self.next_input: tuple[str | None] | None = None
        self._next_id = 0
        self._listeners: defaultdict[str, list[Promise]] = defaultdict(list)
        self._unheard: defaultdict[str, deque[str]] = defaultdict(deque)

    def call_activity(self, name: str, input_: str | None) -> Promise:
        """Calls an activity."""
        return self._begin(lambda task_id: ScheduleActivity(task_id, name, input_))

    def call_sub_orchestrator(
        self, name: str, input_: str | None, instance_id: str | None
    ) -> Promise:
        """Starts a sub-orchestration."""

        def decide(task_id: int) -> Decision:
            own_id = f"{self.identity.execution_id}:{task_id}"
            return CreateSubOrchestration(task_id, name, instance_id or own_id, input_)

        return self._begin(decide)

    def create_timer(self, fire_at: datetime, *, is_canceled: bool = False) -> Promise:
        """Sets a timer; one that is canceled is set as well, but nobody waits for it."""
        promise = self._begin(lambda task_id: SetTimer(task_id, fire_at))
        if is_canceled:
            self.open_tasks.popitem()
            promise.fail(CanceledError("The timer was canceled"))
        return promise

    def wait_for_event(self, name: str) -> Promise:
        """Waits for an external event; the latest to wait gets the first that comes."""
        promise: Promise = Promise()
        self._listeners[name.casefold()].append(promise)
        if unheard := self._unheard[name.casefold()]:
            self.raise_event(name, unheard.popleft())
        return promise

    def raise_event(self, name: str, data: str) -> None:
        """Gives an external event to who waits for it, or keeps it until somebody does."""
        if listeners := self._listeners[name.casefold()]:
            listeners.pop().resolve(data)
        else:
            self._unheard[name.casefold()].append(data)

    def continue_as_new(self, input_: str | None) -> None:
        """Lets the orchestration start over once it has completed."""
        self.next_input = (input_,)

    def decide(self, make: Callable[[int], Decision]) -> None:
        """Takes a decision that no task stands for."""
        decision = make(self._next_id)
        self.decisions[decision.task_id] = self.made[decision.task_id] = decision
        self._next_id += 1

    def _begin(self, make: Callable[[int], Decision]) -> Promise:
        promise: Promise = Promise()
        self.open_tasks[self._next_id] = promise
        self.decide(make)
        return promise
