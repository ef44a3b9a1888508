"""Averages the readings of each file; a file without numbers is an error.

Files from number FROM on wait until the gate is open, so that a test can look at a job midway.
"""

import os
import time
from pathlib import Path

import pandas as pd

GATE = Path(os.environ["GATE"])
FROM = int(os.environ["FROM"])


def init() -> None:
    print("ready to average")  # noqa: T201 - the log is what is tested


def run(mini_batch: list[str]) -> pd.DataFrame:
    found = []
    for path in map(Path, mini_batch):
        number = int(path.stem.rpartition("-")[2])
        while number >= FROM and not GATE.exists():
            time.sleep(0.01)
        values = [float(line) for line in path.read_text().split()]
        time.sleep(number % 7 / 200)
        print(f"{path.name}: {len(values)} readings")  # noqa: T201
        found.append((path.name, len(values), round(sum(values) / len(values), 2)))
    return pd.DataFrame(found, columns=["file", "readings", "mean"])
