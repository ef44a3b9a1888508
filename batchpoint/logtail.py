"""Follows what the user code of a job prints."""

from collections.abc import Callable, Iterator

from batchpoint.models import Log


class LogTail:
    """Asks for what is new since it was last asked.

    Args:
        fetch: Answers with the entries since a time, `None` for all; see `Jobs.logs`.
    """

    def __init__(self, fetch: Callable[[str | None], Iterator[Log]]) -> None:
        self._fetch = fetch
        self._since: str | None = None
        self._seen: set[str] = set()

    def new_lines(self) -> Iterator[str]:
        """Yields the lines that were printed meanwhile, each with where it comes from."""
        # Entries of the last second come again, because more of that second may be written yet.
        for entry in self._fetch(self._since):
            if entry["name"] in self._seen:
                continue
            self._seen.add(entry["name"])
            self._since = max(self._since or "", entry["written_at"])
            yield from lines(entry)


def lines(entry: Log) -> list[str]:
    """The lines of an entry, each with its mini-batch before it."""
    number = entry["mini_batch"]
    return [f"[mini-batch {number}] {line}" for line in entry["text"].splitlines()]
