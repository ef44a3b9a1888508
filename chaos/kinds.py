"""The kinds of jobs that chaos runs, and what each must come to."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FILES = 24
MINI_BATCH_SIZE = 2


class Trap(StrEnum):
    """Traps that a scoring script falls into once; `files/score.py` has the same."""

    RAISE = "raise"
    HANG = "hang"
    SEGFAULT = "segfault"
    EXIT_AT_ONCE = "_exit"
    SYS_EXIT = "sysexit"
    FORK = "fork"
    MEMORY = "memory"
    STDOUT = "stdout"
    STDIN = "stdin"


@dataclass(frozen=True)
class Kind:
    """One kind of job.

    Attributes:
        name: What reports call it.
        deployment: Which deployment of the endpoint scores it.
        letter: What its files' names start with.
        properties: What its invocation says beside the input.
        bad: Which of its files always fail, by number.
        is_canceled: Whether it is canceled in the middle, and resumed.
        fails: Whether it is right that it fails.
    """

    name: str
    deployment: str
    letter: str
    properties: Mapping[str, object] = field(default_factory=dict[str, object])
    bad: frozenset[int] = frozenset()
    is_canceled: bool = False
    fails: bool = False

    def files(self) -> dict[str, str]:
        """The input, the same each time."""
        draw = random.Random(self.name)
        if self.deployment == "model":
            points = {n: (draw.randrange(9), draw.randrange(9)) for n in range(FILES)}
            return {
                f"{self._name(n)}.csv": "x,z\n1,2\n" if n in self.bad else f"x,y\n{x},{y}\n"
                for n, (x, y) in points.items()
            }
        return {
            f"{self._name(n)}.txt": "".join(f"{draw.randrange(99)}\n" for _ in range(n % 4))
            for n in range(FILES)
        }

    def failed_files(self) -> int:
        """Number of files that fail: a model fails the bad ones, a script whole mini-batches."""
        if self.deployment == "model":
            return len(self.bad)
        return MINI_BATCH_SIZE * len({number // MINI_BATCH_SIZE for number in self.bad})

    def _name(self, number: int) -> str:
        return f"{self.letter}{number:03d}{'bad' if number in self.bad else ''}"


KINDS = (
    Kind("model", "model", "m"),
    Kind("model-bad-files", "model", "n", bad=frozenset({3, 4, 17})),
    Kind("list", "script", "l"),
    Kind("frame", "script", "f"),
    Kind("bad-files", "script", "f", bad=frozenset({0, 5, 11})),
    Kind("threshold", "script", "l", {"errorThreshold": 3}, frozenset({2, 9, 20}), fails=True),
    Kind("files", "writer", "s"),
    Kind("canceled", "script", "f", is_canceled=True),
    Kind("canceled-files", "writer", "s", is_canceled=True),
)
