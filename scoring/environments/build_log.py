"""The log of a build, in Blob Storage from its first second on, so that users can follow it."""

import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType

from shared.errors import NotFoundError, StorageError
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

_MAX_LINES = 5000
_EVERY = 1.0


class BuildLog:
    """Collects lines, each with its time, and stores them once a second and at the end.

    Goes on where an earlier try at the same build has ended.

    Args:
        blobs: Where it is stored.
        name: The blob.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self, blobs: BlobStore, name: str, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._blobs = blobs
        self._name = name
        self._monotonic = monotonic
        self._stored_at = -_EVERY
        self._lines: deque[str] = deque(maxlen=_MAX_LINES)

    def __enter__(self) -> "BuildLog":
        try:
            earlier = self._blobs.read(SYSTEM_CONTAINER, self._name)
        except NotFoundError:
            earlier = b""
        self._lines.extend(earlier.decode("utf-8", "replace").splitlines())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._store()

    def line(self, text: str) -> None:
        """Adds a line; while storage does not answer it is kept for the next time."""
        self._lines.append(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}")
        if self._monotonic() - self._stored_at < _EVERY:
            return
        try:
            self._store()
        except StorageError:
            return

    def _store(self) -> None:
        self._stored_at = self._monotonic()
        data = "".join(f"{line}\n" for line in self._lines).encode()
        self._blobs.write(SYSTEM_CONTAINER, self._name, data, content_type="text/plain")
