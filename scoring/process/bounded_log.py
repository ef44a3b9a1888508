"""A log that keeps its end and forgets its beginning, so that endless output costs nothing."""

LIMIT = 1024 * 1024


class BoundedLog:
    """Collects output, in memory, up to about a limit.

    Args:
        limit: Bytes of the end of the output to keep.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._dropped = 0

    def append(self, data: bytes) -> None:
        """Adds output; the oldest is dropped when there is too much."""
        self._kept += data
        # Twice the limit before cutting: each byte is then moved once, not with every append.
        if len(self._kept) > 2 * self._limit:
            self._cut()

    def take(self) -> bytes:
        """Returns what was kept, saying how much is missing, and starts again."""
        if len(self._kept) > self._limit:
            self._cut()
        notice = f"[{self._dropped} bytes of earlier output left out]\n" if self._dropped else ""
        taken = notice.encode() + bytes(self._kept)
        self._kept.clear()
        self._dropped = 0
        return taken

    def _cut(self) -> None:
        excess = len(self._kept) - self._limit
        del self._kept[:excess]
        self._dropped += excess
