"""A `BlobStore` whose system container has a name of its own in the storage account.

So several apps, or the slots of one, can share an account.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.errors import ForbiddenError
from shared.storage.blob_rules import MAX_PAGE
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobInfo, BlobPage, BlobStore


class RenamedSystemContainer:
    """Stands before a store, and reaches `SYSTEM_CONTAINER` under the name that it really has.

    Whoever asks for that name instead, such as a datastore of a user, is refused.
    """

    def __init__(self, store: BlobStore, name: str) -> None:
        self._store = store
        self._name = name

    def read(self, container: str, name: str) -> bytes:
        """Reads a whole blob."""
        return self._store.read(self._real(container), name)

    def read_range(self, container: str, name: str, start: int, length: int) -> bytes:
        """Reads part of a blob; less than `length` bytes where the blob ends before."""
        return self._store.read_range(self._real(container), name, start, length)

    def read_version(self, container: str, name: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of one version of a blob."""
        return self._store.read_version(self._real(container), name, etag, start, length)

    def write(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, over an existing one."""
        self._store.write(self._real(container), name, data, content_type=content_type)

    def create(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, if there is none of that name."""
        self._store.create(self._real(container), name, data, content_type=content_type)

    def info(self, container: str, name: str) -> BlobInfo | None:
        """Tells about one blob, None if it does not exist."""
        return self._store.info(self._real(container), name)

    def metadata(self, container: str, name: str) -> Mapping[str, str] | None:
        """Reads a blob's metadata, None if the blob does not exist."""
        return self._store.metadata(self._real(container), name)

    def list_page(
        self, container: str, prefix: str, *, marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        """Lists blobs whose names start with `prefix`, in order."""
        return self._store.list_page(self._real(container), prefix, marker=marker, limit=limit)

    def stage_block(self, container: str, name: str, block_id: str, data: bytes) -> None:
        """Stages one block; invisible until committed."""
        self._store.stage_block(self._real(container), name, block_id, data)

    def commit_blocks(
        self,
        container: str,
        name: str,
        block_ids: Sequence[str],
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Makes the blob of its staged blocks, if there is none of that name."""
        self._store.commit_blocks(
            self._real(container), name, block_ids, content_type=content_type, metadata=metadata
        )

    def delete(self, container: str, name: str) -> None:
        """Deletes a blob; one that does not exist is fine."""
        self._store.delete(self._real(container), name)

    def upload_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder create this one blob for a while."""
        return self._store.upload_url(self._real(container), name, lifetime)

    def download_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder read this one blob for a while."""
        return self._store.download_url(self._real(container), name, lifetime)

    def _real(self, container: str) -> str:
        """Returns the name in the account.

        Raises:
            ForbiddenError: It is the one that the system container has there.
        """
        if container == SYSTEM_CONTAINER:
            return self._name
        if container == self._name:
            raise ForbiddenError(
                f"'{container}' is the container in which the app keeps its own records"
            )
        return container
