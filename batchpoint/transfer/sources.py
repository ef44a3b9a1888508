"""Reads the bytes that are uploaded, and notices when they are not those that were announced."""

import hashlib
from pathlib import Path
from typing import BinaryIO

from batchpoint.errors import TransferError
from batchpoint.transfer.parallel import Advance, StopSignal


class WatchedReader:
    """A file as a stream that ends when it is asked to, and before it sends the wrong bytes.

    Args:
        source: The open file.
        path: Its path.
        advance: Told of each piece of bytes.
        stop: Ends the transfer early.
        digest: The SHA-256 that the whole must have, or None.
    """

    def __init__(
        self,
        source: BinaryIO,
        path: Path,
        advance: Advance,
        stop: StopSignal,
        digest: str | None = None,
    ) -> None:
        self._source = source
        self._path = path
        self._advance = advance
        self._stop = stop
        self._digest = digest
        self._left = path.stat().st_size
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Reads the next bytes.

        Raises:
            TransferError: These are the last ones, and the file has changed since it was hashed.
        """
        self._stop.check()
        data = self._source.read(size)
        self._advance(len(data))
        if self._digest is None:
            return data
        self._hash.update(data)
        self._left -= len(data)
        # An upload by hash that held other bytes would be taken for the right ones ever after.
        if (not data or self._left <= 0) and self._hash.hexdigest() != self._digest:
            raise changed(self._path)
        return data


def read_whole(path: Path, digest: str | None) -> bytes:
    """Reads a small file.

    Raises:
        TransferError: It has changed since it was hashed.
    """
    data = path.read_bytes()
    if digest is not None and hashlib.sha256(data).hexdigest() != digest:
        raise changed(path)
    return data


def changed(path: Path) -> TransferError:
    """The error of a file that was written while it was being uploaded."""
    return TransferError(f"'{path}' has changed while it was being uploaded; try again")
