"""A cache in which threads that want the same thing at the same time share one reading of it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class ReadOnce(Generic[K, V]):
    """Keeps what was read last, up to a number of things; what could not be read is not kept."""

    def __init__(self, read: Callable[[K], V], size: int) -> None:
        """Takes how to read a thing, by its key, and how many to keep."""
        self._read = read
        self._size = size
        self._lock = threading.Lock()
        self._kept: OrderedDict[K, Future[V]] = OrderedDict()

    def get(self, key: K) -> V:
        """Returns a thing; reads it if it is not kept and nobody is reading it.

        Raises:
            Exception: What reading it raised, to all who waited for it.
        """
        with self._lock:
            place = self._kept.get(key)
            is_mine = place is None
            if place is None:
                place = self._kept[key] = Future[V]()
                while len(self._kept) > self._size:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return self._fill(key, place) if is_mine else place.result()

    def _fill(self, key: K, place: Future[V]) -> V:
        try:
            value = self._read(key)
        except BaseException as error:
            with self._lock:
                if self._kept.get(key) is place:
                    del self._kept[key]
            place.set_exception(error)
            raise
        place.set_result(value)
        return value
