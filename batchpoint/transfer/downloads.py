"""Downloads the outputs of a job into a folder, whole or not at all."""

import filecmp
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from batchpoint.errors import BatchpointError, TransferError
from batchpoint.models import OutputFile
from batchpoint.transfer.blobs import BlobTransfers
from batchpoint.transfer.parallel import Advance, StopSignal, run_all

CONCURRENCY = 4


@dataclass(frozen=True)
class Download:
    """One output and the local path that it gets."""

    output: OutputFile
    path: Path


def plan_downloads(
    outputs: Sequence[OutputFile], folder: Path, *, overwrite: bool
) -> list[Download]:
    """Gives each output its local path.

    Raises:
        BatchpointError: A name would leave the folder, or a file is in the way.
    """
    downloads = [Download(output, path_below(output["name"], folder)) for output in outputs]
    for download in downloads:
        path = download.path
        if path.is_dir():
            raise BatchpointError(f"'{path}' is a folder, so the output cannot be written there")
        if not overwrite and path.exists() and path.stat().st_size != download.output["size"]:
            raise in_the_way(path)
    return downloads


def path_below(name: str, folder: Path) -> Path:
    """The local path of an output.

    Args:
        name: Its name, with `/` between the parts.
        folder: Where outputs go.

    Raises:
        BatchpointError: It would lie outside of the folder.
    """
    parts = name.split("/")
    unsafe = any(part in {"", ".", ".."} for part in parts)
    foreign = "\\" in name or "\0" in name or PureWindowsPath(name).drive
    path = folder.joinpath(*parts)
    if unsafe or foreign or not path.resolve().is_relative_to(folder.resolve()):
        raise BatchpointError(f"the output '{name}' would be written outside of '{folder}'")
    return path


def in_the_way(path: Path) -> BatchpointError:
    """The error of a file that holds something else than the output."""
    return BatchpointError(
        f"'{path}' exists and differs from the output; use --overwrite, or download elsewhere"
    )


class Downloader:
    """Fetches planned downloads, several at once.

    Args:
        blobs: What moves the bytes.
        overwrite: Whether a differing file may be replaced.
    """

    def __init__(self, blobs: BlobTransfers, *, overwrite: bool = False) -> None:
        self._blobs = blobs
        self._overwrite = overwrite

    def download(self, downloads: Sequence[Download], advance: Advance) -> None:
        """Fetches all of them.

        Raises:
            TransferError: One could not be fetched, or came with another size.
            BatchpointError: A file with other content is in the way.
        """
        stop = StopSignal()
        run_all(
            [
                lambda download=download: self._fetch(download, advance, stop)
                for download in downloads
            ],
            CONCURRENCY,
            stop,
        )

    def _fetch(self, download: Download, advance: Advance, stop: StopSignal) -> None:
        path, expected = download.path, download.output["size"]
        stop.check()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TransferError(f"'{path.parent}' cannot be made: {error}") from error
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self._blobs.get(download.output["url"], partial, advance, stop)
            size = partial.stat().st_size
            if size != expected:
                raise TransferError(f"'{path.name}' came with {size} bytes instead of {expected}")
            self._keep(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    def _keep(self, partial: Path, path: Path) -> None:
        if path.exists() and not self._overwrite and not filecmp.cmp(partial, path, shallow=False):
            raise in_the_way(path)
        partial.replace(path)
