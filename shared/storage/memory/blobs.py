"""A `BlobStore` that lives in the process: for tests, with the semantics of the real one."""

import base64
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from shared.errors import ConflictError, InvalidError, NotFoundError, PreconditionError
from shared.storage.blob_rules import MAX_PAGE, check_blob, check_block_ids, check_container
from shared.storage.ports import BlobInfo, BlobPage
from shared.storage.table_rules import check_limit


@dataclass(frozen=True)
class _Blob:
    data: bytes
    info: BlobInfo
    content_type: str | None
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class _Container:
    blobs: dict[str, _Blob] = field(default_factory=dict[str, _Blob])
    staged: dict[str, dict[str, bytes]] = field(default_factory=dict[str, dict[str, bytes]])


class MemoryBlobStore:
    """Containers in dictionaries under one lock."""

    def __init__(self) -> None:
        self._containers: dict[str, _Container] = {}
        self._lock = threading.Lock()
        self._versions = itertools.count(1)

    def read(self, container: str, name: str) -> bytes:
        """Reads a whole blob."""
        return self._find(container, name).data

    def read_range(self, container: str, name: str, start: int, length: int) -> bytes:
        """Reads part of a blob; less than `length` bytes where the blob ends before."""
        return self._find(container, name).data[start : start + length]

    def read_version(self, container: str, name: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of a blob as `read_range` does, if it is still the version that was listed."""
        info = self.info(container, name)
        if info is None or info.etag != etag:
            raise PreconditionError(f"the blob {name!r} in {container!r} has changed or vanished")
        return self.read_range(container, name, start, length)

    def metadata(self, container: str, name: str) -> Mapping[str, str] | None:
        """Reads a blob's metadata, None if the blob does not exist."""
        try:
            return self._find(container, name).metadata
        except NotFoundError:
            return None

    def write(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, over an existing one."""
        check_blob(container, name)
        with self._lock:
            self._store(container, name, data, content_type)

    def create(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, if there is none of that name."""
        check_blob(container, name)
        with self._lock:
            self._refuse_existing(container, name)
            self._store(container, name, data, content_type)

    def info(self, container: str, name: str) -> BlobInfo | None:
        """Tells about one blob, None if it does not exist (or is only staged)."""
        try:
            return self._find(container, name).info
        except NotFoundError:
            return None

    def content_type(self, container: str, name: str) -> str | None:
        """Tells what the blob was stored as; for tests."""
        return self._find(container, name).content_type

    def list_page(
        self, container: str, prefix: str, *, marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        """Lists blobs whose names start with `prefix`, in order; no container lists as empty."""
        check_container(container)
        check_limit(limit, MAX_PAGE)
        start = base64.urlsafe_b64decode(marker).decode() if marker else ""
        with self._lock:
            held = self._containers.get(container, _Container()).blobs
            blobs = [
                held[name].info
                for name in sorted(held)
                if name.startswith(prefix) and name >= start
            ]
        if len(blobs) <= limit:
            return BlobPage(tuple(blobs))
        following = base64.urlsafe_b64encode(blobs[limit].name.encode()).decode()
        return BlobPage(tuple(blobs[:limit]), following)

    def stage_block(self, container: str, name: str, block_id: str, data: bytes) -> None:
        """Stages one block (1 byte to 4,000 MiB); invisible until committed."""
        check_blob(container, name)
        if not data:
            raise InvalidError(f"block {block_id!r} of {name!r} is empty")
        with self._lock:
            staged = self._container(container).staged.setdefault(name, {})
            check_block_ids([*staged, block_id][-2:])
            staged[block_id] = bytes(data)

    def commit_blocks(
        self,
        container: str,
        name: str,
        block_ids: Sequence[str],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Makes the blob of its staged blocks, in this order, if there is none of that name."""
        check_blob(container, name)
        check_block_ids(block_ids)
        with self._lock:
            self._refuse_existing(container, name)
            staged = self._container(container).staged.get(name, {})
            if missing := [block_id for block_id in block_ids if block_id not in staged]:
                raise NotFoundError(f"block {missing[0]!r} of {name!r} was never staged")
            data = b"".join(staged[block_id] for block_id in block_ids)
            self._store(container, name, data, content_type, metadata)

    def delete(self, container: str, name: str) -> None:
        """Deletes a blob; one that does not exist is fine."""
        check_blob(container, name)
        with self._lock:
            self._containers.get(container, _Container()).blobs.pop(name, None)

    def upload_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that says what it would allow; nothing serves it."""
        return _url(container, name, lifetime, "cw")

    def download_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that says what it would allow; nothing serves it."""
        return _url(container, name, lifetime, "r")

    def _find(self, container: str, name: str) -> _Blob:
        check_blob(container, name)
        with self._lock:
            blob = self._containers.get(container, _Container()).blobs.get(name)
        if blob is None:
            raise NotFoundError(f"there is no blob {name!r} in {container!r}")
        return blob

    def _container(self, container: str) -> _Container:
        return self._containers.setdefault(container, _Container())

    def _refuse_existing(self, container: str, name: str) -> None:
        if name in self._container(container).blobs:
            raise ConflictError(f"the blob {name!r} in {container!r} already exists")

    def _store(
        self,
        container: str,
        name: str,
        data: bytes,
        content_type: str | None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        info = BlobInfo(name, len(data), f"0x{next(self._versions):X}", datetime.now(UTC))
        held = self._container(container)
        held.blobs[name] = _Blob(bytes(data), info, content_type, dict(metadata or {}))
        held.staged.pop(name, None)


def _url(container: str, name: str, lifetime: timedelta, permission: str) -> str:
    check_blob(container, name)
    expiry = quote((datetime.now(UTC) + lifetime).isoformat(timespec="seconds"))
    return f"memory://{container}/{quote(name)}?sp={permission}&se={expiry}"
