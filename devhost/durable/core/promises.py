"""Coroutines without a loop: whoever resolves a promise runs those who wait for it, at once.

That is how the Durable Task Framework replays: an event of the history completes a task, and the
code that waits for it runs to its next wait before the next event is looked at.
"""

from collections.abc import Callable, Coroutine, Generator, Sequence

from devhost.json_payloads import Json


class TaskError(Exception):
    """A task failed or was canceled; those who wait for it get this raised."""


class Promise:
    """The result of a task, now or later.

    Attributes:
        is_done: The task is over.
        error: The failure of a task that is over; None where it succeeded.
    """

    __slots__ = ("_value", "_waiting", "error", "is_done")

    def __init__(self) -> None:
        self.is_done = False
        self.error: TaskError | None = None
        self._value: Json = None
        self._waiting: list[Callable[[], None]] = []

    def resolve(self, value: Json = None) -> None:
        """Completes the task with its result."""
        self._value = value
        self._complete()

    def fail(self, error: TaskError) -> None:
        """Completes the task with a failure."""
        self.error = error
        self._complete()

    def then(self, go_on: Callable[[], None]) -> None:
        """Calls back once the task is over, at once if it is already."""
        if self.is_done:
            go_on()
        else:
            self._waiting.append(go_on)

    def result(self) -> Json:
        """Gives the result of a task that is over.

        Raises:
            TaskError: It failed.
        """
        if self.error is not None:
            raise self.error
        return self._value

    def __await__(self) -> "Generator[Promise, None, Json]":
        if not self.is_done:
            yield self
        return self.result()

    def _complete(self) -> None:
        self.is_done = True
        waiting, self._waiting = self._waiting, []
        for go_on in waiting:
            go_on()


def run(coroutine: Coroutine[Promise, None, Json]) -> Promise:
    """Runs a coroutine to its first wait, and on from there as what it waits for completes."""
    outcome = Promise()

    def step() -> None:
        try:
            awaited = coroutine.send(None)
        except StopIteration as stop:
            outcome.resolve(stop.value)
        except TaskError as error:
            outcome.fail(error)
        else:
            awaited.then(step)

    step()
    return outcome


def when_any(promises: Sequence[Promise]) -> Promise:
    """Completes, without a result, with the first of its tasks."""
    first = Promise()

    def note() -> None:
        if not first.is_done:
            first.resolve()

    for promise in promises:
        promise.then(note)
    return first


def when_all(promises: Sequence[Promise]) -> Promise:
    """Completes, without a result, with the last of its tasks."""
    last, left = Promise(), len(promises)

    def note() -> None:
        nonlocal left
        left -= 1
        if not left:
            last.resolve()

    for promise in promises:
        promise.then(note)
    return last
