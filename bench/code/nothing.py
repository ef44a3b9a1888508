"""A scoring script that returns at once."""


def run(mini_batch: list[str]) -> list[int]:
    """Returns a row for each file."""
    return [0] * len(mini_batch)
