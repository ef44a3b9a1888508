"""The public keys of an issuer: out of its OpenID metadata, cached, and rotated when it does.

https://learn.microsoft.com/entra/identity-platform/signing-key-rollover

PyJWT's PyJWKClient is no substitute: it drops keys as soon as they are due to be read again, though
the issuer does not answer just then, asks such an issuer for each token, reads answers of any size,
and knows neither the metadata nor the issuer's name in them.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from shared.errors import UnavailableError
from shared.signin.settings import is_trustworthy

logger = logging.getLogger(__name__)

REFRESH_SECONDS = 3600.0
"""Keys are read again after that, though all tokens name known ones."""
LONGEST_SECONDS = 24 * 3600.0
"""Keys that could not be read again for so long count no more."""
UNKNOWN_SECONDS = 30.0
"""Tokens that name unknown keys cause one read in that time, however many come."""
FAILED_SECONDS = 5.0
"""After a read that failed, the next one waits so long."""
_TIMEOUT_SECONDS = (3.0, 5.0)
_MAX_BYTES = 1024 * 1024
_LEAST_KEY_BITS = 2048

Document = Mapping[str, Any]
Fetch = Callable[[str], Document]


@dataclass(frozen=True)
class _Known:
    """Last read keys by their id, and the time of reading."""

    issuer: str
    keys: Mapping[str, PyJWK]
    read_at: float


class IssuerKeys:
    """One issuer's name and keys; safe for use by several threads.

    Args:
        metadata_url: Of the issuer's OpenID metadata.
        fetch: Reads a JSON document.
        clock: Seconds that only grow.
    """

    def __init__(
        self, metadata_url: str, fetch: Fetch, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._metadata_url = metadata_url
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._not_before = float("-inf")

    def issuer(self) -> str:
        """The name that the issuer puts into its tokens.

        Raises:
            UnavailableError: The metadata cannot be read.
        """
        return self._current(None).issuer

    def find(self, key_id: str) -> PyJWK | None:
        """The key of that id; None if the issuer has none such.

        Raises:
            UnavailableError: The metadata or keys cannot be read.
        """
        return self._current(key_id).keys.get(key_id)

    def _current(self, key_id: str | None) -> _Known:
        known = self._known
        if known is not None and self._is_enough(known, key_id):
            return known
        with self._lock:
            known = self._known
            if known is not None and self._is_enough(known, key_id):
                return known
            if self._clock() >= self._not_before:
                self._read()
            known = self._known
        if known is None or self._clock() - known.read_at > LONGEST_SECONDS:
            raise UnavailableError(
                "tokens cannot be checked, because the signing keys of their issuer cannot be "
                "read; try again",
                code="SigningKeysUnavailable",
            )
        return known

    def _is_enough(self, known: _Known, key_id: str | None) -> bool:
        is_fresh = self._clock() - known.read_at < REFRESH_SECONDS
        return is_fresh and (key_id is None or key_id in known.keys)

    def _read(self) -> None:
        try:
            metadata = self._fetch(self._metadata_url)
            address = _address(metadata, self._metadata_url)
            keys = _keys(self._fetch(address))
            self._known = _Known(_text(metadata, "issuer"), keys, self._clock())
            self._not_before = self._clock() + UNKNOWN_SECONDS
        except UnavailableError as error:
            self._not_before = self._clock() + FAILED_SECONDS
            logger.warning("the signing keys could not be read: %s", error.message)


def _address(metadata: Document, metadata_url: str) -> str:
    """Returns the address of the keys; it is none that others could answer for."""
    address = _text(metadata, "jwks_uri")
    is_same_place = urlsplit(address)[:2] == urlsplit(metadata_url)[:2]
    if not is_trustworthy(address) or not (is_same_place or address.startswith("https:")):
        raise UnavailableError(f"{metadata_url} names keys at a place that is not to be trusted")
    return address


def _keys(document: Document) -> dict[str, PyJWK]:
    found: dict[str, PyJWK] = {}
    entries = cast("object", document.get("keys"))
    for entry in cast("list[object]", entries) if isinstance(entries, list) else []:
        key = _key(cast("dict[str, Any]", entry)) if isinstance(entry, dict) else None
        if key is not None and key.key_id:
            found[key.key_id] = key
    if not found:
        raise UnavailableError("the issuer publishes no key for RS256 signatures")
    return found


def _key(entry: dict[str, Any]) -> PyJWK | None:
    """A key that signs with RS256, None for any other: an issuer may have keys of many kinds."""
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig":
        return None
    if entry.get("alg", "RS256") != "RS256" or not isinstance(entry.get("kid"), str):
        return None
    try:
        key = PyJWK(entry, algorithm="RS256")
    except (PyJWTError, ValueError):
        return None
    return key if key.key.key_size >= _LEAST_KEY_BITS else None


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise UnavailableError(f"the OpenID metadata lack '{name}'")
    return value


def fetch_json(url: str) -> Document:
    """Reads a JSON object of an issuer, which is who the app's own settings name.

    Raises:
        UnavailableError: It cannot be read.
    """
    try:
        with requests.Session() as session:
            # A proxy is for the world outside, and no issuer asks for what a .netrc holds.
            session.trust_env = url.startswith("https:")
            session.auth = lambda request: request
            answer = session.get(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True)
            with answer:
                return _read_json(answer, url)
    except (requests.RequestException, OSError, ValueError) as error:
        raise UnavailableError(f"{url} cannot be read ({type(error).__name__})") from error


def _read_json(answer: requests.Response, url: str) -> Document:
    if answer.status_code != 200:
        raise UnavailableError(f"{url} answered {answer.status_code}")
    body = bytearray()
    for piece in answer.iter_content(64 * 1024):
        body += piece
        if len(body) > _MAX_BYTES:
            raise UnavailableError(f"{url} answered more than {_MAX_BYTES} bytes")
    document = cast("object", json.loads(bytes(body)))
    if not isinstance(document, dict):
        raise UnavailableError(f"{url} did not answer a JSON object")
    return cast("Document", document)
