"""Removes many blobs, for as long as there is time; what is left is for the next time."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from shared.storage.ports import BlobStore

WORKERS = 8
PAGE = 1000


class Budget:
    """Time limit of a run; the worker checks now and then whether it has passed."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def is_spent(self) -> bool:
        """True if it is time to stop."""
        return self._monotonic() >= self._end


class BlobRemover:
    """Removes folders of blobs, several blobs at once."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def remove(self, container: str, folder: str, budget: Budget, removed: Counter[str]) -> bool:
        """Removes all blobs whose names start with `folder`, in the order of their names.

        Args:
            container: Where they are.
            folder: With a slash at its end.
            budget: When to stop.
            removed: Its `blobs` are counted up.

        Returns:
            Whether nothing is left.
        """
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="removal") as pool:
            while not budget.is_spent:
                page = self._blobs.list_page(container, folder, limit=PAGE)
                names = [blob.name for blob in page.blobs]
                list(pool.map(partial(self._blobs.delete, container), names))
                removed["blobs"] += len(names)
                if page.marker is None:
                    return True
        return False
