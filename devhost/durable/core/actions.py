"""The actions that the SDK's executor answers: all that the orchestrator has yielded so far."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias, cast

from devhost.json_payloads import Json, read_time
from devhost.task_labels import TaskLabel

_OUT_OF_PROCESS_DATA = "$OutOfProcData$:"


class UnsupportedActionError(Exception):
    """The orchestrator asks for something that this engine does not do; the message names it."""


@dataclass(frozen=True)
class RetryPolicy:
    """The number of attempts in all, and the pause between two of them."""

    pause: timedelta
    attempts: int


@dataclass(frozen=True)
class CallActivity:
    """Calls an activity; the input is JSON."""

    name: str
    input: str | None
    retry: RetryPolicy | None = None


@dataclass(frozen=True)
class CallSubOrchestrator:
    """Runs another orchestrator and waits for it; without an id it gets one of its own."""

    name: str
    input: str | None
    instance_id: str | None = None
    retry: RetryPolicy | None = None


@dataclass(frozen=True)
class CreateTimer:
    """Waits for a time. A timer that is canceled is over at once."""

    fire_at: datetime
    is_canceled: bool


@dataclass(frozen=True)
class WaitForEvent:
    """Waits for an external event of a name."""

    name: str


@dataclass(frozen=True)
class ContinueAsNew:
    """Starts over with another input, which is JSON, and an empty history."""

    input: str | None


@dataclass(frozen=True)
class WhenAll:
    """Does all of its actions at once and waits for all."""

    actions: "tuple[Action, ...]"


@dataclass(frozen=True)
class WhenAny:
    """Does all of its actions at once and waits for one; carries only those not begun before."""

    actions: "tuple[Action, ...]"


Action: TypeAlias = (
    CallActivity
    | CallSubOrchestrator
    | CreateTimer
    | WaitForEvent
    | ContinueAsNew
    | WhenAll
    | WhenAny
)


@dataclass(frozen=True)
class Answer:
    """The executor's answer to one episode.

    Attributes:
        actions: All that the orchestrator has yielded since the execution began.
        is_done: It has returned, or continues as new.
        output: Its result, if it has returned one.
        error: The message of the exception that it has raised.
        custom_status: The status that it has set.
        open_tasks: The tasks that it waits for, by the ids that the SDK has given them.
    """

    actions: tuple[Action, ...]
    is_done: bool = False
    output: Json = None
    error: str | None = None
    custom_status: Json = None
    open_tasks: Mapping[int, TaskLabel] = field(default_factory=dict[int, TaskLabel])


def parse_answer(text: str) -> Answer:
    """Reads the executor's answer.

    Raises:
        UnsupportedActionError: There are actions in it that this engine does not do.
    """
    state: dict[str, Json] = json.loads(text)
    return Answer(
        tuple(_read_action(action) for action in state["actions"][0]),
        state["isDone"],
        state.get("output"),
        state.get("error"),
        state.get("customStatus"),
    )


def parse_raised(message: str) -> Answer | None:
    """Reads the answer that the message of the executor's exception carries; None if it has none.

    Raises:
        UnsupportedActionError: As for `parse_answer`.
    """
    _, label, text = message.partition(_OUT_OF_PROCESS_DATA)
    return parse_answer(text) if label else None


def _read_action(action: dict[str, Json]) -> Action:
    kind = action["actionType"]
    if kind not in _READERS:
        raise UnsupportedActionError(f"this host does not do actions of type {kind}")
    return _READERS[kind](action)


def _read_activity(action: dict[str, Json]) -> Action:
    return CallActivity(action["functionName"], action.get("input"), _retry(action))


def _read_sub_orchestrator(action: dict[str, Json]) -> Action:
    name, input_ = action["functionName"], action.get("input")
    return CallSubOrchestrator(name, input_, action.get("instanceId"), _retry(action))


def _read_compound(action: dict[str, Json]) -> tuple[Action, ...]:
    return tuple(_read_action(child) for child in action["compoundActions"])


def _retry(action: dict[str, Json]) -> RetryPolicy | None:
    options = cast("dict[str, int] | None", action.get("retryOptions"))
    if options is None:
        return None
    pause = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
    return RetryPolicy(pause, options["maxNumberOfAttempts"])


_READERS: dict[int, Callable[[dict[str, Json]], Action]] = {
    0: _read_activity,
    1: _read_activity,
    2: _read_sub_orchestrator,
    3: _read_sub_orchestrator,
    4: lambda action: ContinueAsNew(action.get("input")),
    5: lambda action: CreateTimer(read_time(action["fireAt"]), action["isCanceled"]),
    6: lambda action: WaitForEvent(action["externalEventName"]),
    11: lambda action: WhenAny(_read_compound(action)),
    12: lambda action: WhenAll(_read_compound(action)),
}
