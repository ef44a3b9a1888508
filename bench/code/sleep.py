"""A scoring script that takes as long as its files say, in milliseconds."""

import time
from pathlib import Path


def run(mini_batch: list[str]) -> list[int]:
    """Returns a row for each file."""
    milliseconds = [int(Path(path).read_text()) for path in mini_batch]
    time.sleep(sum(milliseconds) / 1000)
    return milliseconds
