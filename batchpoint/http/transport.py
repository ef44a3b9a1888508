"""The HTTP connection to the service: addresses, tokens, retries and errors, for all resources."""

import ipaddress
import json
import logging
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import quote

import httpx

from batchpoint.errors import ApiError, BatchpointError, ServiceUnreachableError
from batchpoint.http.connections import http_client
from batchpoint.http.redaction import redact
from batchpoint.http.retrying import RetryPolicy, send

logger = logging.getLogger("batchpoint")

IDEMPOTENT_METHODS = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True)
class Answer:
    """Answer of the service to a request that it accepted.

    Attributes:
        body: The parsed JSON; None where there is none.
        etag: The `ETag` header, if any.
    """

    body: Any
    etag: str | None


class Tokens(Protocol):
    """Source of access tokens, such as `signin.TokenSource`."""

    def __call__(self) -> str:
        """A token for the next request."""
        ...

    def forget(self, value: str) -> None:
        """Is told of a token that the service refused."""
        ...


def segment(name: str) -> str:
    """A name as one segment of a URL's path.

    Raises:
        BatchpointError: It is empty or would change the path.
    """
    if name in {"", ".", ".."}:
        raise BatchpointError(f"'{name}' is not a name")
    return quote(name, safe="")


class Transport:
    """Sends requests below `/api` of one service. Safe for use by several threads."""

    def __init__(self, url: str, tokens: Tokens, retry: RetryPolicy, timeout: float) -> None:
        if not url.lower().startswith(("http://", "https://")):
            raise BatchpointError(
                f"'{url}' is not the address of a service; write it as http://… or https://…"
            )
        try:
            self._origin = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise BatchpointError(f"'{url}' is not a valid address: {error}") from error
        if self._origin.scheme == "http" and not _is_loopback(self._origin.host):
            raise BatchpointError(
                f"'{url}' is not encrypted, so that others could read the access token on its way; "
                "use https://"
            )
        self._base = url.rstrip("/").removesuffix("/api") + "/api"
        self._tokens = tokens
        self._retry = retry
        self._http = http_client(httpx.Timeout(timeout, connect=10.0))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool = False,
    ) -> Answer:
        """Sends one request and reads its answer.

        Args:
            method: The HTTP method.
            path: Below `/api`, or a whole URL that the service named.
            params: The query.
            body: Sent as JSON, where it is not None.
            headers: Further headers.
            idempotent: Whether a POST or PATCH may be repeated all the same.

        Raises:
            ApiError: The service answered with an error.
            ServiceUnreachableError: It did not answer.
        """
        request = self._build(method, path, params, body, headers)

        def call() -> httpx.Response:
            response = self._send(request)
            # Tokens end, and issuers change their keys: a refused one is worth a second try.
            return response if response.status_code != 401 else self._send(request)

        safe = idempotent or method in IDEMPOTENT_METHODS
        try:
            sent = send(call, self._retry, idempotent=safe)
        except ServiceUnreachableError as error:
            raise self._unreachable(error) from error
        gone_already = method == "DELETE" and sent.repeated and sent.response.status_code == 404
        return Answer(None, None) if gone_already else _read(sent.response)

    def pages(
        self, path: str, params: Mapping[str, str | int] | None = None
    ) -> Generator[Any, None, None]:
        """Yields the items of a paged list, asking for a further page when it is needed."""
        page = self.request("GET", path, params=params).body
        while True:
            yield from page["value"]
            link = page.get("nextLink")
            if not link:
                return
            page = self.request("GET", link).body

    def _build(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        body: object,
        headers: Mapping[str, str] | None,
    ) -> httpx.Request:
        url = httpx.URL(path if "://" in path else self._base + path)
        sent = {"Accept": "application/json", **(headers or {})}
        content = None
        if body is not None:
            sent["Content-Type"] = "application/json"
            content = _encode(body)
            logger.debug("%s", redact(content.decode()))
        return self._http.build_request(method, url, params=params, content=content, headers=sent)

    def _send(self, request: httpx.Request) -> httpx.Response:
        token = None
        if _same_origin(request.url, self._origin):
            token = self._tokens()
            request.headers["Authorization"] = f"Bearer {token}"
        logger.info("%s %s", request.method, redact(str(request.url)))
        response = self._http.send(request)
        logger.info("%d %s", response.status_code, response.reason_phrase)
        logger.debug("%s", redact(response.text))
        if token is not None and response.status_code == 401:
            self._tokens.forget(token)
        return response

    def _unreachable(self, cause: ServiceUnreachableError) -> ServiceUnreachableError:
        return ServiceUnreachableError(
            f"the service at {self._origin} does not answer ({cause.message}); start it with "
            "scripts/up, or set BATCHPOINT_URL to another one's address"
        )


def _encode(body: object) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise BatchpointError(f"a value cannot be sent as JSON: {error}") from error


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    return (one.scheme, one.host, one.port) == (other.scheme, other.host, other.port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _read(response: httpx.Response) -> Answer:
    body: object = None
    try:
        body = cast("object", response.json()) if response.content else None
    except ValueError as error:
        if response.is_success:
            raise ApiError(
                response.status_code,
                "NotJson",
                f"{redact(str(response.url))} answered with something that is not JSON; "
                "is it a batchpoint service?",
            ) from error
    if not response.is_success:
        raise ApiError.from_answer(response.status_code, body, response.text)
    return Answer(body, response.headers.get("etag"))
