"""Bounds the orchestrations that have ended and are still shown, and the histories they keep."""

from collections.abc import Iterator

from devhost.durable.core.orchestration import Orchestration

KEPT_FINISHED = 1_000
KEPT_HISTORIES = 20


class Kept:
    """The ended orchestrations, oldest first; sub-orchestrations are counted apart."""

    def __init__(self) -> None:
        self._roots: dict[str, Orchestration] = {}
        self._children: dict[str, Orchestration] = {}

    def add(self, orchestration: Orchestration) -> Iterator[str]:
        """Keeps one more; gives the ids of those that are too many."""
        kept = self._roots if orchestration.parent is None else self._children
        kept[orchestration.start.execution.instance_id] = orchestration
        if len(kept) > KEPT_HISTORIES:
            list(kept.values())[-KEPT_HISTORIES - 1].history.clear()
        while len(kept) > KEPT_FINISHED:
            oldest = next(iter(kept))
            del kept[oldest]
            yield oldest

    def forget(self, instance_id: str) -> None:
        """Stops to count one."""
        self._roots.pop(instance_id, None)
        self._children.pop(instance_id, None)
