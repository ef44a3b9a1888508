"""Inserts rows at a third of the CPU time that the Azure SDK takes.

Each mini-batch is one insert, so that this is the hot path of recording. What the service refuses
for an unusual reason is left to the SDK. The protocol:
https://learn.microsoft.com/rest/api/storageservices/insert-entity
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import certifi
import urllib3

from shared.errors import ConflictError, NotFoundError
from shared.retry import (
    CONNECT_SECONDS,
    READ_SECONDS,
    TRANSIENT_STATUSES,
    TransientError,
    seconds_asked,
)
from shared.storage.ports import Entity, Scalar

Authorize = Callable[[Mapping[str, str], str], str]
"""Makes the `Authorization` header of a request from its other headers and its path."""

_POOL_SIZE = 64
_HEADERS = {
    "Accept": "application/json;odata=nometadata",
    "Content-Type": "application/json",
    "DataServiceVersion": "3.0",
    "Prefer": "return-no-content",
    "x-ms-version": "2019-02-02",
}
_EXISTS, _NO_TABLE = b"EntityAlreadyExists", b"TableNotFound"


def with_key(account: str, key: str) -> Authorize:
    """Signs requests with an account key.

    https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    """
    secret = base64.b64decode(key)

    def authorize(headers: Mapping[str, str], path: str) -> str:
        text = f"{headers['x-ms-date']}\n/{account}{path}"
        digest = hmac.new(secret, text.encode(), hashlib.sha256).digest()
        return f"SharedKeyLite {account}:{base64.b64encode(digest).decode()}"

    return authorize


def with_token(token: Callable[[], str]) -> Authorize:
    """Sends the token of an identity, which is asked for each time and remembered by its source."""
    return lambda _headers, _path: f"Bearer {token()}"


class QuickInserts:
    """Inserts entities into the tables of one account; may be called from any thread."""

    def __init__(self, endpoint: str, authorize: Authorize) -> None:
        """Takes the table endpoint, and how to sign requests; makes no request."""
        self._endpoint = endpoint.rstrip("/")
        self._authorize = authorize
        self._pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=_POOL_SIZE,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
            retries=False,
            ca_certs=certifi.where(),
        )

    def insert(self, table: str, entity: Entity, subject: str) -> str | None:
        """Stores a new entity whose values were checked.

        Args:
            table: The table's full name.
            entity: What to store.
            subject: What it is, as the start of a sentence.

        Returns:
            Its etag; None if the service refused it for a reason that the SDK should tell.

        Raises:
            ConflictError: There is an entity of its keys.
            NotFoundError: There is no such table.
            TransientError: There was no whole answer, or none that says that nothing was stored.
        """
        url = f"{self._endpoint}/{table}"
        headers = {**_HEADERS, "x-ms-date": format_datetime(datetime.now(UTC), usegmt=True)}
        headers["Authorization"] = self._authorize(headers, urlsplit(url).path)
        body = json.dumps(_document(entity)).encode()
        try:
            answer = self._pool.request("POST", url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            reason = f"{subject} could not be reached ({type(error).__name__})."
            sent = not isinstance(error, urllib3.exceptions.ConnectTimeoutError | _NOT_CONNECTED)
            raise TransientError(reason, sent=sent) from error
        if answer.status == 409 and _EXISTS in answer.data:
            raise ConflictError(f"{subject} already exists.")
        if answer.status == 404 and _NO_TABLE in answer.data:
            raise NotFoundError(f"{subject} has no table.")
        etag = answer.headers.get("ETag", "")
        if answer.status == 204 and etag.count('"') == 2:
            return etag
        if answer.status < 400 or answer.status in TRANSIENT_STATUSES:
            # It may be stored: the SDK would meet it, and take it for another caller's. Below 400,
            # the answer broke off in its headers, whose end is that of the connection for Python.
            asked = seconds_asked(answer.headers.get("Retry-After"))
            raise TransientError(f"{subject} could not be reached ({answer.status}).", asked)
        return None

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()


_NOT_CONNECTED = urllib3.exceptions.NewConnectionError


def _document(entity: Entity) -> dict[str, Any]:
    document: dict[str, Any] = {"PartitionKey": entity.partition, "RowKey": entity.row}
    for name, value in entity.data.items():
        document[name], kind = _encoded(value)
        if kind is not None:
            document[f"{name}@odata.type"] = kind
    return document


def _encoded(value: Scalar) -> tuple[object, str | None]:
    """Returns a value as JSON holds it, and its type where JSON does not tell."""
    if isinstance(value, bool | str):
        return value, None
    if isinstance(value, int):
        return str(value), "Edm.Int64"
    if isinstance(value, float):
        return repr(value), "Edm.Double"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode(), "Edm.Binary"
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "Edm.DateTime"
