"""Plain HTTP requests: every one that batchpoint makes without an SDK passes here.

Those for a caller are guarded: each connection, also of a repeated or redirected request, is made
to an address that was checked (`address_guard.py`), and takes a bounded time.
"""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from shared.errors import (
    BatchpointError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    StorageError,
    TooLargeError,
)
from shared.outbound.address_guard import AddressGuard
from shared.outbound.guarded_adapter import GuardedAdapter
from shared.retry import (
    CONNECT_SECONDS,
    READ_SECONDS,
    TRANSIENT_STATUSES,
    RetryPolicy,
    TransientError,
    seconds_asked,
)

MAX_REDIRECTS = 5
NOT_PUBLIC = "NotPublic"
_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True)
class RemoteFile:
    """Properties of a file that its server reports.

    Attributes:
        size: In bytes; 0 where it does not say.
        etag: Which version it has; empty where it does not say, or sends no parts of files.
    """

    size: int = 0
    etag: str = ""


class _Session(requests.Session):
    """Leaves redirects to the client; by itself, it would read all that comes with one."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        del resp


class OutboundClient:
    """Sends GET and HEAD requests, from any thread; repeats what failed for the moment."""

    def __init__(
        self,
        retry_policy: RetryPolicy | None = None,
        *,
        guard: AddressGuard | None = None,
        seconds: float | None = None,
    ) -> None:
        """Makes the connections.

        Args:
            retry_policy: How often and how fast to try again.
            guard: Says which addresses may be connected to; None, that URLs are the app's own.
            seconds: How long one answer may take, None for as long as bytes come.
        """
        self._retry_policy = retry_policy or RetryPolicy()
        self._seconds = seconds
        self._session = _Session()
        if guard is None:
            adapter = HTTPAdapter(pool_maxsize=64)
        else:
            adapter = GuardedAdapter(guard, 64)
            # A proxy would resolve names for itself, and connect to what they mean there.
            self._session.trust_env = False
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Otherwise requests would send what a .netrc file holds to whoever is asked.
        self._session.auth = _no_credentials

    def read(
        self,
        url: str,
        *,
        parameters: Mapping[str, str] | None = None,
        max_bytes: int | None = None,
    ) -> bytes:
        """Reads what a URL answers.

        Raises:
            InvalidError: Not a URL, or one that is not for everyone to read.
            NotFoundError: Nothing is there.
            TooLargeError: It is larger than `max_bytes`.
            StorageError: The server did not answer, after retries, or took too long.
        """

        def attempt(_: bool) -> bytes:
            with self._answer("GET", url, parameters) as response:
                _check(response)
                return _body(response, max_bytes, self._seconds)

        return self._retry_policy.repeat(attempt)

    def read_version(self, url: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of what a URL answers, if it is still the version that `find` told.

        Raises:
            PreconditionError: It has changed, or the server sends no parts of it any more.
            BatchpointError: As `read` does.
        """
        part = {"Range": f"bytes={start}-{start + length - 1}", "If-Match": f'"{etag}"'}

        def attempt(_: bool) -> bytes:
            with self._answer("GET", url, headers=part) as response:
                _check(response)
                if response.status_code != HTTPStatus.PARTIAL_CONTENT:
                    raise PreconditionError(f"{without_query(url)} is not sent in parts any more.")
                # A server that knows no conditions tells by its tag that it has another version.
                if _strong_tag(response) not in ("", etag):
                    raise PreconditionError(f"{without_query(url)} has changed.")
                return _body(response, length, self._seconds)

        return self._retry_policy.repeat(attempt)

    def exists(self, url: str) -> bool:
        """Tells whether a URL answers; raises like `read` for all but what is not found."""
        return self.find(url) is not None

    def find(self, url: str) -> RemoteFile | None:
        """Tells what is at a URL, None if there is nothing; raises like `read` for all else."""
        return self._retry_policy.repeat(lambda _: self._find(url))

    def _find(self, url: str) -> RemoteFile | None:
        with self._answer("HEAD", url) as response:
            if response.status_code not in (405, 501):
                return _found(response) if _is_there(response) else None
        with self._answer("GET", url) as response:
            return RemoteFile() if _is_there(response) else None

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    @contextmanager
    def _answer(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Generator[requests.Response]:
        try:
            response = self._follow(method, url, parameters, headers or {})
            with response:
                yield response
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            reason = type(error).__name__
            raise InvalidError(
                f"{without_query(url)} is not a URL that can be read ({reason})."
            ) from None
        except (requests.RequestException, HTTPError, OSError) as error:
            # Not from the cause: its text has the whole URL, which may hold a signature, and would
            # end up in logs and histories.
            raise TransientError(
                f"{without_query(url)} could not be read ({type(error).__name__})."
            ) from None

    def _follow(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        target = url
        for _ in range(MAX_REDIRECTS + 1):
            check_url(target)
            response = self._request(method, target, parameters, headers)
            if not response.is_redirect:
                return response
            target = urljoin(target, response.headers["Location"])
            parameters = None
            response.close()
        raise InvalidError(f"{without_query(url)} redirects more than {MAX_REDIRECTS} times.")

    # urllib3's own retries pass the adapter by, and write signatures to the log.
    def _request(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> requests.Response:
        return self._session.request(
            method,
            url,
            params=parameters,
            headers={"Accept-Encoding": "identity", **headers},
            allow_redirects=False,
            stream=True,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
        )


def check_url(url: str) -> None:
    """Raises InvalidError unless the URL is http(s) and names a host."""
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            if "@" in parts.netloc:
                raise InvalidError("a URL must not hold a user name or password.")
            return
    except ValueError:
        raise InvalidError(f"{without_query(url)!r} is not a URL.") from None
    raise InvalidError(f"{without_query(url)!r} is not an http:// or https:// URL.")


def without_query(url: str) -> str:
    """Shortens a URL for a message, in which a signature has no place."""
    return url.partition("?")[0][:200]


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _is_there(response: requests.Response) -> bool:
    try:
        _check(response)
    except NotFoundError:
        return False
    return True


def _found(response: requests.Response) -> RemoteFile:
    headers = response.headers
    size = headers.get("Content-Length", "")
    in_parts = headers.get("Accept-Ranges") == "bytes" and "Content-Encoding" not in headers
    return RemoteFile(
        int(size) if size.isdecimal() else 0, _strong_tag(response) if in_parts else ""
    )


def _strong_tag(response: requests.Response) -> str:
    tag = response.headers.get("ETag", "")
    return tag[1:-1] if tag.startswith('"') and tag.endswith('"') else ""


def _check(response: requests.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    code = response.headers.get("x-ms-error-code") or response.reason
    message = f"{without_query(response.url)} answered {status} ({code})."
    if status in TRANSIENT_STATUSES:
        raise TransientError(message, seconds_asked(response.headers.get("Retry-After")))
    code = NOT_PUBLIC if status in (401, 403, 409) else None
    raise _status_error(status)(message, code=code)


def _status_error(status: int) -> type[BatchpointError]:
    if status in (404, 410):
        return NotFoundError
    if status == HTTPStatus.PRECONDITION_FAILED:
        return PreconditionError
    if 400 <= status < 500:
        return InvalidError
    return StorageError


def _body(response: requests.Response, max_bytes: int | None, seconds: float | None) -> bytes:
    if max_bytes is None and seconds is None:
        return response.content
    deadline = None if seconds is None else time.monotonic() + seconds
    body = bytearray()
    # Piece by piece as they come: waiting for a whole piece could take forever.
    while piece := response.raw.read1(_PIECE_BYTES):
        body += piece
        if max_bytes is not None and len(body) > max_bytes:
            raise TooLargeError(
                f"{without_query(response.url)} is larger than {max_bytes:,} bytes."
            )
        if deadline is not None and time.monotonic() > deadline:
            raise StorageError(f"{without_query(response.url)} took longer than {seconds:g} s.")
    if response.raw.length_remaining:
        raise TransientError(f"{without_query(response.url)} ended before its end.")
    return bytes(body)
