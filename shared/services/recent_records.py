"""Keeps the records of mini-batches in memory until their chunk is gathered."""

import threading
from collections import OrderedDict

from shared.domain.records import MiniBatchRecord

RECENT_BYTES = 64 * 2**20


class RecentRecords:
    """The records that this process saved and nobody has gathered yet, as far as memory allows.

    Most chunks are gathered where their mini-batches were scored, which then need not be read back.
    A record stays what it is while its run lasts: only a later run forgets records.
    """

    def __init__(self, most_bytes: int = RECENT_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._records: OrderedDict[str, MiniBatchRecord] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, name: str, record: MiniBatchRecord) -> None:
        """Keeps a record that was saved; the oldest ones make room for it."""
        with self._lock:
            self._forget(name)
            self._records[name] = record
            self._bytes += len(record.rows)
            while self._bytes > self._most:
                self._forget(next(iter(self._records)))

    def take(self, name: str, run: int) -> MiniBatchRecord | None:
        """Gives a record of this run up, None if it is not kept."""
        with self._lock:
            record = self._forget(name)
        return record if record is not None and record.counts.run == run else None

    def _forget(self, name: str) -> MiniBatchRecord | None:
        record = self._records.pop(name, None)
        self._bytes -= len(record.rows) if record is not None else 0
        return record
