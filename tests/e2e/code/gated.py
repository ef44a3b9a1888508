"""Counts the lines of each file; files from number FROM on wait until the gate is open."""

import os
import time
from pathlib import Path

import pandas as pd

GATE = Path(os.environ["GATE"])
FROM = int(os.environ["FROM"])


def init() -> None:
    pass


def run(mini_batch: list[str]) -> pd.DataFrame:
    paths = [Path(path) for path in mini_batch]
    while any(int(path.stem) >= FROM for path in paths) and not GATE.exists():
        time.sleep(0.01)
    lines = [len(path.read_text().splitlines()) for path in paths]
    return pd.DataFrame({"file": [path.name for path in paths], "lines": lines})
