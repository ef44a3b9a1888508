"""URLs that let their holder into one blob, or into the list of a container, for a while."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from azure.core.exceptions import AzureError
from azure.storage.blob import (
    BlobSasPermissions,
    ContainerSasPermissions,
    UserDelegationKey,
    generate_blob_sas,
    generate_container_sas,
)

from shared.errors import InvalidError
from shared.storage.azure.errors import translated

_KEY_LIFETIME = timedelta(days=1)
_LONGEST_LIFETIME = timedelta(days=6)


class DelegationKeys(Protocol):
    """The part of a `BlobServiceClient` that signs with an identity."""

    def get_user_delegation_key(
        self, key_start_time: datetime, key_expiry_time: datetime
    ) -> UserDelegationKey:
        """Fetches a key that signs until it expires."""
        ...


class UrlSigner:
    """Signs with the account's key, or with a delegation key of the app's identity."""

    def __init__(
        self,
        endpoint: str,
        account_name: str,
        *,
        account_key: str | None = None,
        keys: DelegationKeys | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Takes the blob endpoint, and a key or where to get one."""
        self._endpoint = endpoint.rstrip("/")
        self._account_name = account_name
        self._account_key = account_key
        self._keys = keys
        self._now = now
        self._delegation: tuple[UserDelegationKey, datetime] | None = None
        self._lock = threading.Lock()

    def upload_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder create (whole or in blocks) this blob."""
        return self._blob_url(
            container, name, lifetime, BlobSasPermissions(create=True, write=True)
        )

    def download_url(self, container: str, name: str, lifetime: timedelta) -> str:
        """Makes a URL that lets its holder read this blob."""
        return self._blob_url(container, name, lifetime, BlobSasPermissions(read=True))

    def listing_url(self, container: str) -> str:
        """Makes a URL that lists the container, for use at once."""
        signature = generate_container_sas(
            self._account_name,
            container,
            permission=ContainerSasPermissions(list=True),
            **self._terms(timedelta(minutes=10)),
        )
        return f"{self._endpoint}/{container}?{signature}"

    def _blob_url(
        self, container: str, name: str, lifetime: timedelta, permission: BlobSasPermissions
    ) -> str:
        signature = generate_blob_sas(
            self._account_name, container, name, permission=permission, **self._terms(lifetime)
        )
        return f"{self._endpoint}/{container}/{quote(name, safe='/~')}?{signature}"

    def _terms(self, lifetime: timedelta) -> dict[str, Any]:
        if not timedelta(0) < lifetime <= _LONGEST_LIFETIME:
            raise InvalidError(f"a URL can live for up to 6 days, not {lifetime}")
        terms: dict[str, Any] = {"expiry": self._now() + lifetime}
        if self._endpoint.startswith("https:"):
            terms["protocol"] = "https"
        if self._account_key:
            return terms | {"account_key": self._account_key}
        return terms | {"user_delegation_key": self._delegation_key(terms["expiry"])}

    def _delegation_key(self, needed_until: datetime) -> UserDelegationKey:
        with self._lock:
            if self._delegation is None or self._delegation[1] < needed_until:
                self._delegation = self._fetch_key(needed_until)
            return self._delegation[0]

    def _fetch_key(self, needed_until: datetime) -> tuple[UserDelegationKey, datetime]:
        if self._keys is None:
            raise InvalidError("URLs can be signed only with an account key or an identity.")
        start = self._now() - timedelta(minutes=5)
        expiry = needed_until + _KEY_LIFETIME
        try:
            return self._keys.get_user_delegation_key(start, expiry), expiry
        except AzureError as error:
            raise translated(error, "The key for signing URLs") from error
