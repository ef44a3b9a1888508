"""The name and input by which tasks are told apart."""

from dataclasses import dataclass

_SHOWN = 60


@dataclass(frozen=True)
class TaskLabel:
    """The function that a task calls and its input as JSON."""

    name: str
    input: str | None = None

    def __str__(self) -> str:
        return f"{self.name}({(self.input or '')[:_SHOWN]})"


TIMER = TaskLabel("timer")
"""The label of all timers."""
