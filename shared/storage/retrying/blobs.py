"""A `BlobStore` that tries again what failed for the moment.

When the answer of a `create` or `commit_blocks` was lost, the next attempt finds the blob. If it
has what this call wrote, the call has succeeded; a committed blob is known by a mark of the call in
its metadata.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from shared.errors import ConflictError
from shared.retry import RetryPolicy
from shared.storage.blob_rules import MAX_PAGE
from shared.storage.ports import BlobInfo, BlobPage, BlobStore

MARK = "batchpoint_commit"


class RetryingBlobStore:
    """Stands before a store that makes one attempt at each request."""

    def __init__(
        self,
        store: BlobStore,
        retry_policy: RetryPolicy,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self._store = store
        self._retry_policy = retry_policy
        self._on_close = on_close

    def read(self, container: str, name: str) -> bytes:
        """Reads a whole blob."""
        return self._retry_policy.repeat(lambda _: self._store.read(container, name))

    def read_range(self, container: str, name: str, start: int, length: int) -> bytes:
        """Reads part of a blob; less than `length` bytes where the blob ends before."""
        return self._retry_policy.repeat(
            lambda _: self._store.read_range(container, name, start, length)
        )

    def read_version(self, container: str, name: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of one version of a blob."""
        return self._retry_policy.repeat(
            lambda _: self._store.read_version(container, name, etag, start, length)
        )

    def write(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, over an existing one."""
        self._retry_policy.repeat(
            lambda _: self._store.write(container, name, data, content_type=content_type)
        )

    def create(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, if there is none of that name."""

        def attempt(again: bool) -> None:
            try:
                self._store.create(container, name, data, content_type=content_type)
            except ConflictError:
                if not again or self.read(container, name) != data:
                    raise

        self._retry_policy.repeat(attempt)

    def info(self, container: str, name: str) -> BlobInfo | None:
        """Tells about one blob, None if it does not exist (or is only staged)."""
        return self._retry_policy.repeat(lambda _: self._store.info(container, name))

    def metadata(self, container: str, name: str) -> Mapping[str, str] | None:
        """Reads a blob's metadata, None if the blob does not exist."""
        found = self._metadata(container, name)
        return None if found is None else {key: found[key] for key in found if key != MARK}

    def _metadata(self, container: str, name: str) -> Mapping[str, str] | None:
        return self._retry_policy.repeat(lambda _: self._store.metadata(container, name))

    def list_page(
        self, container: str, prefix: str, *, marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        """Lists blobs whose names start with `prefix`, in order; no container lists as empty."""
        return self._retry_policy.repeat(
            lambda _: self._store.list_page(container, prefix, marker=marker, limit=limit)
        )

    def stage_block(self, container: str, name: str, block_id: str, data: bytes) -> None:
        """Stages one block (1 byte to 4,000 MiB); invisible until committed."""
        self._retry_policy.repeat(
            lambda _: self._store.stage_block(container, name, block_id, data)
        )

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
        marked = {**(metadata or {}), MARK: uuid4().hex}

        def attempt(again: bool) -> None:
            try:
                self._store.commit_blocks(
                    container, name, block_ids, content_type=content_type, metadata=marked
                )
            except ConflictError:
                if not again or self._metadata(container, name) != marked:
                    raise

        self._retry_policy.repeat(attempt)

    def delete(self, container: str, name: str) -> None:
        """Deletes a blob; one that does not exist is fine."""
        self._retry_policy.repeat(lambda _: self._store.delete(container, name))

    def upload_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder create this one blob for a while."""
        return self._retry_policy.repeat(
            lambda _: self._store.upload_url(container, name, lifetime)
        )

    def download_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder read this one blob for a while."""
        return self._retry_policy.repeat(
            lambda _: self._store.download_url(container, name, lifetime)
        )

    def close(self) -> None:
        """Closes the connections of what it stands before."""
        if self._on_close is not None:
            self._on_close()
