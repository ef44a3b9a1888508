"""Writes local files whole or not at all."""

import filecmp
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from batchpoint.errors import TransferError
from batchpoint.transfer.downloads import in_the_way


@contextmanager
def whole_file(path: Path, *, overwrite: bool) -> Generator[BinaryIO]:
    """Gives a file to write to, which gets its name when all is written.

    Args:
        path: Its name.
        overwrite: Whether a differing file may be replaced.

    Raises:
        BatchpointError: A differing file is in the way.
        TransferError: The file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as sink:
            yield sink
        if path.exists() and not overwrite and not filecmp.cmp(unfinished, path, shallow=False):
            raise in_the_way(path)
        unfinished.replace(path)
    except OSError as error:
        raise TransferError(f"'{path}' cannot be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
