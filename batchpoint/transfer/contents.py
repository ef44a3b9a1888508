"""Names an upload by its content, so that what is there already is not sent again."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from batchpoint.errors import TransferError
from batchpoint.transfer.local_files import LocalFile, UploadPlan
from batchpoint.transfer.parallel import Advance, StopSignal, run_all

BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Content:
    """Content of an upload's files.

    Attributes:
        upload_id: SHA-256 over the files' names and hashes, in hexadecimal digits: uploads of
            the same files have the same one, wherever and in whatever order they were found.
        digests: The SHA-256 of each file by its name in the upload.
    """

    upload_id: str
    digests: dict[str, str]


def read_content(plan: UploadPlan, advance: Advance) -> Content:
    """Reads all files of an upload, several at once, in blocks.

    Args:
        plan: The files.
        advance: Told of each piece of bytes that has been read.

    Raises:
        TransferError: A file cannot be read.
    """
    digests: dict[str, str] = {}
    stop = StopSignal()

    def read(file: LocalFile) -> None:
        digests[file.name] = _digest(file.path, advance, stop)

    run_all([lambda file=file: read(file) for file in plan.files], os.cpu_count() or 1, stop)
    whole = hashlib.sha256()
    for name in sorted(digests):
        whole.update(f"{name}\0{digests[name]}\n".encode(errors="surrogateescape"))
    return Content(whole.hexdigest(), digests)


def _digest(path: Path, advance: Advance, stop: StopSignal) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as source:
            while block := _next(source, stop):
                digest.update(block)
                advance(len(block))
    except OSError as error:
        raise TransferError(f"'{path}' cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


def _next(source: BinaryIO, stop: StopSignal) -> bytes:
    stop.check()
    return source.read(BLOCK_BYTES)
