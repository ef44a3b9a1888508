"""A `BlobStore` on Azure Blob Storage, and on Azurite."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import requests
from azure.core import MatchConditions
from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobProperties,
    BlobServiceClient,
    ContainerClient,
    ContentSettings,
)

from shared.errors import InvalidError, NotFoundError, PreconditionError, StorageError
from shared.outbound.client import NOT_PUBLIC, OutboundClient
from shared.retry import RetryPolicy
from shared.storage.azure.errors import error_code, translated
from shared.storage.azure.list_blobs_xml import listing_parameters, parse_listing
from shared.storage.azure.obstore_blobs import ContainerMissingError, ObstoreBlobs, can_express
from shared.storage.azure.sas_urls import UrlSigner
from shared.storage.blob_rules import MAX_PAGE, check_blob, check_block_ids, check_container
from shared.storage.ports import BlobInfo, BlobPage
from shared.storage.table_rules import check_limit

T = TypeVar("T")


class AzureBlobStore:
    """Containers of one storage account; makes one attempt at each request."""

    def __init__(
        self,
        session: requests.Session,
        service: BlobServiceClient,
        small: ObstoreBlobs,
        signer: UrlSigner,
    ) -> None:
        """Takes clients, and their connections, which it closes with itself; makes no request."""
        self._session = session
        self._service = service
        self._small = small
        self._signer = signer
        self._outgoing = OutboundClient(RetryPolicy(attempts=1))
        self._containers: dict[str, ContainerClient] = {}
        self._made: set[str] = set()

    def read(self, container: str, name: str) -> bytes:
        """Reads a whole blob."""
        check_blob(container, name)
        if can_express(name):
            return self._small.read(container, name)
        with _translating(container, name):
            return self._blob(container, name).download_blob().readall()

    def read_range(self, container: str, name: str, start: int, length: int) -> bytes:
        """Reads part of a blob; less than `length` bytes where the blob ends before."""
        check_blob(container, name)
        if can_express(name):
            return self._small.read_range(container, name, start, length)
        with _translating(container, name):
            return self._blob(container, name).download_blob(start, length).readall()

    def read_version(self, container: str, name: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of a blob as `read_range` does, if it is still the version that was listed."""
        try:
            return self._read_version(container, name, etag, start, length)
        except NotFoundError as error:
            # Storage answers for a blob that is gone now this way, now that.
            raise PreconditionError(
                f"the blob {name!r} in {container!r} has changed or vanished"
            ) from error

    def _read_version(self, container: str, name: str, etag: str, start: int, length: int) -> bytes:
        check_blob(container, name)
        if can_express(name):
            return self._small.read_range(container, name, start, length, etag)
        options: dict[str, Any] = {
            "etag": f'"{etag}"',
            "match_condition": MatchConditions.IfNotModified,
        }
        with _translating(container, name):
            return self._blob(container, name).download_blob(start, length, **options).readall()

    def write(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, over an existing one."""
        self._put(container, name, data, content_type, create=False)

    def create(
        self, container: str, name: str, data: bytes, *, content_type: str | None = None
    ) -> None:
        """Stores a blob whole, if there is none of that name."""
        self._put(container, name, data, content_type, create=True)

    def info(self, container: str, name: str) -> BlobInfo | None:
        """Tells about one blob, None if it does not exist (or is only staged)."""
        found = self._properties(container, name)
        if found is None:
            return None
        return BlobInfo(name, found.size, found.etag.strip('"'), found.last_modified)

    def metadata(self, container: str, name: str) -> Mapping[str, str] | None:
        """Reads a blob's metadata, None if the blob does not exist."""
        found = self._properties(container, name)
        return None if found is None else dict(found.metadata or {})

    def _properties(self, container: str, name: str) -> BlobProperties | None:
        check_blob(container, name)
        with _translating(container, name):
            try:
                return self._blob(container, name).get_blob_properties()
            except ResourceNotFoundError:
                return None

    def list_page(
        self, container: str, prefix: str, *, marker: str | None = None, limit: int = MAX_PAGE
    ) -> BlobPage:
        """Lists blobs whose names start with `prefix`, in order; no container lists as empty."""
        check_container(container)
        check_limit(limit, MAX_PAGE)
        parameters = listing_parameters(prefix, marker, limit)
        try:
            document = self._outgoing.read(
                self._signer.listing_url(container), parameters=parameters
            )
        except NotFoundError:
            return BlobPage(())
        except InvalidError as error:
            if error.code != NOT_PUBLIC:
                raise
            raise StorageError(f"the container {container!r} may not be listed") from error
        return parse_listing(document)

    def stage_block(self, container: str, name: str, block_id: str, data: bytes) -> None:
        """Stages one block (1 byte to 4,000 MiB); invisible until committed."""
        check_blob(container, name)
        check_block_ids([block_id])
        if not data:
            raise InvalidError(f"block {block_id!r} of {name!r} is empty")
        blob = self._blob(container, name)
        with _translating(container, name):
            self._with_container(container, lambda: blob.stage_block(block_id, data))

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
        blob = self._blob(container, name)
        blocks = [BlobBlock(block_id) for block_id in block_ids]
        settings = ContentSettings(content_type=content_type)
        with _translating(container, name):
            self._with_container(
                container,
                # As a header, because the method knows no `match_condition`.
                lambda: blob.commit_block_list(
                    blocks,
                    content_settings=settings,
                    metadata=dict(metadata or {}),
                    headers={"If-None-Match": "*"},
                ),
            )

    def delete(self, container: str, name: str) -> None:
        """Deletes a blob; one that does not exist is fine."""
        check_blob(container, name)
        with _translating(container, name):
            try:
                self._blob(container, name).delete_blob(delete_snapshots="include")
            except ResourceNotFoundError:
                return

    def upload_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder create this one blob for a while."""
        check_blob(container, name)
        if container not in self._made:
            # Its holder may write the blob, but not make the container.
            with _translating(container, name):
                self._make(container)
        return self._signer.upload_url(container, name, lifetime)

    def download_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder read this one blob for a while."""
        check_blob(container, name)
        return self._signer.download_url(container, name, lifetime)

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()
        self._outgoing.close()

    def _put(
        self, container: str, name: str, data: bytes, content_type: str | None, *, create: bool
    ) -> None:
        check_blob(container, name)
        if not can_express(name):
            self._put_with_sdk(container, name, data, content_type, create=create)
            return
        try:
            self._small.write(container, name, data, content_type, create=create)
        except ContainerMissingError:
            with _translating(container, name):
                self._make(container)
            self._small.write(container, name, data, content_type, create=create)

    def _put_with_sdk(
        self, container: str, name: str, data: bytes, content_type: str | None, *, create: bool
    ) -> None:
        blob = self._blob(container, name)
        settings = ContentSettings(content_type=content_type)
        with _translating(container, name):
            self._with_container(
                container,
                lambda: blob.upload_blob(data, overwrite=not create, content_settings=settings),
            )

    def _blob(self, container: str, name: str) -> BlobClient:
        if container not in self._containers:
            self._containers[container] = self._service.get_container_client(container)
        return self._containers[container].get_blob_client(name)

    def _with_container(self, container: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except AzureError as error:
            if error_code(error) != "ContainerNotFound":
                raise
        self._make(container)
        return call()

    def _make(self, container: str) -> None:
        try:
            self._service.create_container(container)
        except ResourceExistsError as error:
            if error_code(error) != "ContainerAlreadyExists":
                raise
        self._made.add(container)


@contextmanager
def _translating(container: str, name: str) -> Generator[None]:
    try:
        yield
    except AzureError as error:
        raise translated(error, f"The blob {name[:200]!r} in {container!r}") from error
