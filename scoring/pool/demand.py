"""Tracks the time that requests of a key have waited for a scorer."""

from collections.abc import Collection
from dataclasses import dataclass

# Between two mini-batches of one job, nobody may wait for a moment.
_LULL = 0.25


@dataclass
class _Span:
    since: float
    met: float | None = None

    def is_over(self, now: float) -> bool:
        return self.met is not None and now - self.met >= _LULL


class DemandTracker:
    """Measures for each key how long its requests have waited, short lulls included.

    What one request has waited says little: a queue that moves on may still be a long one.
    """

    def __init__(self) -> None:
        self._spans: dict[str, _Span] = {}

    def lasts(self, key: str) -> bool:
        """True if requests of this key wait, or did a moment ago."""
        return key in self._spans

    def seconds(self, key: str, now: float) -> float:
        """Seconds that requests of this key have waited; 0 if none waits."""
        span = self._spans.get(key)
        return 0.0 if span is None or span.is_over(now) else now - span.since

    def restart(self, key: str, now: float) -> None:
        """Measures from now, because something was done about it."""
        if key in self._spans:
            self._spans[key].since = now

    def update(self, unmet: Collection[str], now: float) -> None:
        """Takes note of the keys whose requests wait at this moment."""
        self._spans = {key: span for key, span in self._spans.items() if not span.is_over(now)}
        for key in unmet:
            self._spans.setdefault(key, _Span(now)).met = None
        for key, span in self._spans.items():
            if key not in unmet and span.met is None:
                span.met = now
