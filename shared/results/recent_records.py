"""Keeps the records of mini-batches in memory until their chunk is gathered."""

import threading
from collections import OrderedDict

from shared.jobs.model import JobRun
from shared.jobs.records import MiniBatchRecord

RECENT_BYTES = 64 * 2**20
_Key = tuple[JobRun, int]


class RecentRecords:
    """The records that this process saved and nobody has gathered yet, as far as memory allows.

    Most chunks are gathered where their mini-batches were scored, which then need not be read back.
    A record stays what it is while its run lasts: only a later run forgets records.
    """

    def __init__(self, most_bytes: int = RECENT_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._records: OrderedDict[_Key, MiniBatchRecord] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, run: JobRun, number: int, record: MiniBatchRecord) -> None:
        """Keeps a record that was saved; the oldest ones make room for it."""
        with self._lock:
            self._forget((run, number))
            self._records[run, number] = record
            self._bytes += len(record.rows)
            while self._bytes > self._most:
                self._forget(next(iter(self._records)))

    def take(self, run: JobRun, number: int) -> MiniBatchRecord | None:
        """Gives up the record of a mini-batch, None if it is not kept."""
        with self._lock:
            return self._forget((run, number))

    def _forget(self, key: _Key) -> MiniBatchRecord | None:
        record = self._records.pop(key, None)
        self._bytes -= len(record.rows) if record is not None else 0
        return record
