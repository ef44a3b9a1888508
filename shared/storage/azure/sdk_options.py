"""Time limits and connection pools of the SDKs' clients.

Each makes one attempt at a request: `shared/retry.py` is what tries again.
"""

from typing import Any
from urllib.request import getproxies

import requests
from azure.core.exceptions import IncompleteReadError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import LinearRetry
from requests.adapters import HTTPAdapter

from shared.retry import CONNECT_SECONDS, READ_SECONDS

_POOL_SIZE = 64


class Transport(RequestsTransport):
    """Tells an answer that broke off as one that did not come."""

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - of two kinds each
        """Sends a request.

        Raises:
            ServiceResponseError: The answer broke off. The tables' SDK fails with an AttributeError
                where it meets the error that its own transport raises then.
        """
        try:
            response = super().send(request, **options)
        except IncompleteReadError as error:
            raise ServiceResponseError(error.message, error=error) from error
        except ValueError as error:
            # An answer that broke off behind `Content-Length:`.
            raise ServiceResponseError(str(error), error=error) from error
        if _broke_off_in_headers(request.method, response):
            raise ServiceResponseError("the answer broke off within its headers")
        return response


def _broke_off_in_headers(method: str, response: Any) -> bool:  # noqa: ANN401 - of two kinds
    """True if an answer lacks the length of its body, which storage always sends.

    Python reads the end of a connection as the end of the headers: the body would count as empty.
    """
    if method == "HEAD" or response.status_code in {204, 304}:
        return False
    headers = response.headers
    return "Content-Length" not in headers and "Transfer-Encoding" not in headers


class WholeAnswerTransport(Transport):
    """Has read each answer before it gives it back.

    The tables' SDK would read a transaction's later, and pass on what `requests` raises then.
    """

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - of two kinds each
        """Sends a request, see `Transport.send`."""
        return super().send(request, **{**options, "stream": False})


def make_session() -> requests.Session:
    """Makes connections for many threads to share."""
    session = requests.Session()
    # With it, requests goes through the environment for each request, a fifth of what that costs.
    session.trust_env = bool(getproxies())
    # More threads than the default's ten would drop and reopen connections all the time.
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL_SIZE)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def table_options(session: requests.Session) -> dict[str, Any]:
    """Options of a `TableClient`; one made by a `TableServiceClient` would lose its transport."""
    return {"transport": _transport(WholeAnswerTransport, session), "retry_total": 0}


def blob_options(session: requests.Session) -> dict[str, Any]:
    """Options of a `BlobServiceClient`."""
    return {"transport": _transport(Transport, session), "retry_policy": LinearRetry(retry_total=0)}


def _transport(kind: type[Transport], session: requests.Session) -> Transport:
    return kind(
        session=session,
        session_owner=False,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )
