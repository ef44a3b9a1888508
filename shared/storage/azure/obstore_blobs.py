"""Reading and writing whole blobs with `obstore`, at an eighth of the Azure SDK's CPU time."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.exceptions import PreconditionError as ObstorePreconditionError
from obstore.store import AzureStore

from shared.errors import (
    BatchpointError,
    ConflictError,
    NotFoundError,
    PreconditionError,
    StorageError,
)
from shared.retry import CONNECT_SECONDS, READ_SECONDS, TransientError

if TYPE_CHECKING:
    from obstore import Attributes, GetOptions
    from obstore.store import AzureConfig, AzureCredential, ClientConfig, RetryConfig

_SINGLE_PUT_BYTES = 128 * 1024 * 1024
_CHUNK_BYTES = 32 * 1024 * 1024


class ContainerMissingError(NotFoundError):
    """The container of the blob does not exist."""


def can_express(name: str) -> bool:
    """Tells whether obstore keeps the name as it is: it drops or refuses empty segments."""
    return all(name.split("/"))


class ObstoreBlobs:
    """Whole blobs of one account, for names that `can_express`. Safe to use from threads."""

    def __init__(
        self,
        endpoint: str,
        account_name: str,
        *,
        account_key: str | None = None,
        credentials: "Callable[[], AzureCredential] | None" = None,
    ) -> None:
        """Takes the blob endpoint, and a key or where to get tokens; makes no request."""
        self._config: AzureConfig = {"account_name": account_name, "endpoint": endpoint}
        if account_key:
            # Said outright, as obstore looks for credentials in the environment, too.
            self._config |= {"account_key": account_key, "credential_type": "access_key"}
        self._credentials = credentials
        self._client: ClientConfig = {
            "allow_http": endpoint.startswith("http:"),
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=READ_SECONDS),
            "timeout": timedelta(minutes=10),
        }
        self._retry: RetryConfig = {"max_retries": 0}
        self._stores: dict[str, AzureStore] = {}

    def read(self, container: str, name: str) -> bytes:
        """Reads a whole blob, or raises NotFoundError."""
        try:
            return bytes(obstore.get(self._store(container), name).bytes())
        except (BaseError, OSError, ValueError) as error:
            raise _translated(error, container, name) from error

    def read_range(
        self, container: str, name: str, start: int, length: int, etag: str | None = None
    ) -> bytes:
        """Reads part of a blob, or raises NotFoundError; PreconditionError if it changed."""
        options: GetOptions = {"range": (start, start + length)}
        if etag is not None:
            options["if_match"] = f'"{etag}"'
        try:
            part = obstore.get(self._store(container), name, options=options).bytes()
        except (BaseError, OSError, ValueError) as error:
            raise _translated(error, container, name) from error
        return bytes(part)

    def write(
        self, container: str, name: str, data: bytes, content_type: str | None, *, create: bool
    ) -> None:
        """Stores a whole blob; ConflictError if `create` and it exists.

        Raises:
            ContainerMissingError: The container does not exist.
        """
        attributes: Attributes = {"Content-Type": content_type} if content_type else {}
        try:
            obstore.put(
                self._store(container),
                name,
                data,
                attributes=attributes,
                mode="create" if create else "overwrite",
                # A put in parts takes several round trips, and is four times slower here.
                use_multipart=not create and len(data) > _SINGLE_PUT_BYTES,
                chunk_size=_CHUNK_BYTES,
                max_concurrency=4,
            )
        except (BaseError, OSError, ValueError) as error:
            raise _translated(error, container, name) from error

    def _store(self, container: str) -> AzureStore:
        if container not in self._stores:
            self._stores[container] = AzureStore(
                container,
                config=self._config,
                client_options=self._client,
                retry_config=self._retry,
                credential_provider=self._credentials,
            )
        return self._stores[container]


def _translated(error: Exception, container: str, name: str) -> BatchpointError:
    subject = f"The blob {name[:200]!r} in {container!r}"
    if isinstance(error, AlreadyExistsError):
        return ConflictError(f"{subject} already exists.")
    if isinstance(error, ObstorePreconditionError):
        return PreconditionError(f"{subject} has changed or vanished.")
    if isinstance(error, FileNotFoundError):
        # obstore tells the two apart in its text alone.
        if "ContainerNotFound" in str(error):
            return ContainerMissingError(f"{subject} does not exist, nor does the container.")
        return NotFoundError(f"{subject} does not exist.")
    message = f"{subject} could not be reached ({type(error).__name__})."
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return StorageError(message)
    return TransientError(message)
