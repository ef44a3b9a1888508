"""A scoring script that goes wrong where somebody laid a trap for the file, once for each trap.

The first letter of a file's name says what kind of result its job wants.
"""

import contextlib
import ctypes
import os
import sys
import time
from pathlib import Path

import pandas as pd

TRAPS = Path(os.environ["TRAPS"])


def init() -> None:
    """Nothing is loaded."""


def run(mini_batch: list[str]) -> object:
    """Gives a row for each file: its name and the sum of its numbers."""
    paths = [Path(path) for path in mini_batch]
    for path in paths:
        _fall_into_trap(path.name)
    if any("bad" in path.name for path in paths):
        raise ValueError("there is a bad file")
    sums = [sum(int(line) for line in path.read_text("utf-8").split()) for path in paths]
    print("summed", *[path.name for path in paths])
    kind = paths[0].name[0]
    if kind == "f":
        return pd.DataFrame({"file": [path.name for path in paths], "sum": sums})
    if kind == "s":
        folder = Path(os.environ["AZUREML_BI_OUTPUT_PATH"])
        for path, total in zip(paths, sums, strict=True):
            (folder / f"{path.stem}.sum").write_text(f"{total}\n", "utf-8")
    return [f"{path.name}={total}" for path, total in zip(paths, sums, strict=True)]


def _fall_into_trap(name: str) -> None:
    """Does what a trap for this file says, if one is left; removing it decides who falls."""
    for trap in sorted(TRAPS.glob(f"{name}.*")):
        with contextlib.suppress(FileNotFoundError):
            trap.unlink()
            FAULTS[trap.name.split(".")[-2]]()


def _raise_error() -> None:
    raise RuntimeError("a trap")


def _hang() -> None:
    time.sleep(3600)


def _crash() -> None:
    ctypes.string_at(0)


def _leave_at_once() -> None:
    os._exit(3)


def _leave() -> None:
    sys.exit("a trap")


def _fork() -> None:
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(4)


def _eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(2**26))


def _print_endlessly() -> None:
    while True:
        print("x" * 10_000)


def _close_input() -> None:
    os.close(0)
    raise RuntimeError("a trap, with stdin closed")


FAULTS = {
    "raise": _raise_error,
    "hang": _hang,
    "segfault": _crash,
    "_exit": _leave_at_once,
    "sysexit": _leave,
    "fork": _fork,
    "memory": _eat_memory,
    "stdout": _print_endlessly,
    "stdin": _close_input,
}
