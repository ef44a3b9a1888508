"""Makes random programs."""

import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

Program = dict[str, Any]
Step = dict[str, Any]

_FOR_GOOD = 99
_DEPTH = 2


def make_program(random: Random) -> Program:
    """Makes a program; the numbers of its activities are all different."""
    return _program(random, itertools.count(), _DEPTH)


def _program(random: Random, numbers: Iterator[int], depth: int) -> Program:
    steps = [_step(random, numbers, depth) for _ in range(random.randint(1, 4))]
    return {"catches": random.random() < 0.7, "steps": steps}


def _step(random: Random, numbers: Iterator[int], depth: int) -> Step:
    kinds = ["call", "call", "all", "all", "wait", "again"] + ["sub"] * depth
    match random.choice(kinds):
        case "all":
            parts = [_part(random, numbers, depth) for _ in range(random.randint(1, 4))]
            return {"do": "all", "parts": parts}
        case "wait":
            return {"do": "wait", "ms": random.randint(0, 30)}
        case "again":
            return {"do": "again"}
        case "sub":
            retry = _retry(random)
            return {"do": "sub", "program": _program(random, numbers, depth - 1), **retry}
        case _:
            return {"do": "call", "work": _work(random, numbers), **_retry(random)}


def _part(random: Random, numbers: Iterator[int], depth: int) -> Step:
    if depth and random.random() < 0.4:
        return {"do": "sub", "program": _program(random, numbers, depth - 1)}
    return {"do": "call", "work": _work(random, numbers)}


def _work(random: Random, numbers: Iterator[int]) -> dict[str, int]:
    fail = random.choice([0, 0, 0, 1, 2, _FOR_GOOD])
    return {"id": next(numbers), "ms": random.choice([0, 0, 5, 20]), "fail": fail}


def _retry(random: Random) -> dict[str, dict[str, int]]:
    if random.random() < 0.5:
        return {}
    return {"retry": {"ms": random.randint(1, 20), "attempts": random.randint(1, 3)}}
