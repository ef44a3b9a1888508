"""Brings a folder from Blob Storage to this machine, once."""

import shutil
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scoring.process.input_paths import relative_path
from shared.errors import InvalidError, NotFoundError
from shared.storage.pagination import list_all
from shared.storage.ports import BlobStore

_DOWNLOADS = 8
_guard = threading.Lock()
_locks: dict[Path, threading.Lock] = {}


def fetch_folder(blobs: BlobStore, container: str, prefix: str, target: Path) -> None:
    """Makes a local copy of the blobs under a prefix, unless it is there already.

    The copy appears whole or not at all, also to other processes that share the cache.

    Args:
        blobs: Where the folder is.
        container: The folder's container.
        prefix: The folder's path, with or without a `/` at the end.
        target: The local folder to be; its name stands for the content.

    Raises:
        NotFoundError: There are no blobs under the prefix.
        InvalidError: A blob's name would leave the folder.
    """
    with _lock_of(target):
        if not target.is_dir():
            _download_folder(blobs, container, prefix.rstrip("/") + "/", target)


def _lock_of(target: Path) -> threading.Lock:
    with _guard:
        return _locks.setdefault(target, threading.Lock())


def _download_folder(blobs: BlobStore, container: str, prefix: str, target: Path) -> None:
    arriving = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
    arriving.mkdir(parents=True)
    try:
        _download(blobs, container, prefix, arriving)
        _publish(arriving, target)
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def _download(blobs: BlobStore, container: str, prefix: str, folder: Path) -> None:
    def download(name: str) -> None:
        path = folder / _inside(name, prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blobs.read(container, name))

    listed = list_all(blobs, container, prefix)
    names = [blob.name for blob in listed if not blob.name.endswith("/")]
    if not names:
        raise NotFoundError(f"there are no files under {prefix} in the container {container}")
    with ThreadPoolExecutor(_DOWNLOADS, thread_name_prefix="fetch-folder") as executor:
        list(executor.map(download, names))


def _inside(name: str, prefix: str) -> str:
    path = relative_path(name[len(prefix) :])
    if path is None:
        raise InvalidError(f"the file {name!r} would lie outside of its folder", target=name)
    return path


def _publish(arriving: Path, target: Path) -> None:
    try:
        arriving.rename(target)
    except OSError:
        # Another process was faster, with the same content; any other reason is a defect.
        if not target.is_dir():
            raise
