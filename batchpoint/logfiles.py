"""Writes the logs of a job to files, one for each attempt at a mini-batch."""

import os
from collections.abc import Iterable
from pathlib import Path

from batchpoint.downloads import in_the_way, path_below
from batchpoint.errors import TransferError
from batchpoint.models import JobLog

FOLDER = "logs"


def write_logs(entries: Iterable[JobLog], folder: Path, *, overwrite: bool) -> list[Path]:
    """Writes each entry to a file of its name in `logs/`.

    Args:
        entries: The logs.
        folder: Where the job's outputs go.
        overwrite: Whether a differing file may be replaced.

    Raises:
        BatchpointError: A name would leave the folder, or a differing file is in the way.
        TransferError: A file cannot be written.
    """
    written: list[Path] = []
    for entry in entries:
        path = path_below(f"{FOLDER}/{entry['name']}.txt", folder)
        _write(path, entry["text"].encode(), overwrite=overwrite)
        written.append(path)
    return written


def _write(path: Path, data: bytes, *, overwrite: bool) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not overwrite and path.read_bytes() != data:
            raise in_the_way(path)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise TransferError(f"'{path}' cannot be written: {error}") from error
