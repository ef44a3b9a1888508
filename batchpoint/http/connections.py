"""Makes HTTP clients."""

import ssl
from functools import cache

import httpx


def http_client(timeout: httpx.Timeout) -> httpx.Client:
    """An HTTP client of its own connections."""
    return httpx.Client(timeout=timeout, verify=_trusted())


@cache
def _trusted() -> ssl.SSLContext:
    # Reading the certificates takes some 50 ms, which each command would spend twice.
    return httpx.create_ssl_context()
