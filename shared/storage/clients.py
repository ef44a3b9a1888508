"""How the SDKs' clients wait, retry and share their connections.

All in all a request that meets nothing but errors gives up after some 30 seconds: a Function that
waits longer is better retried by its orchestration.
"""

import random
from typing import Any

import requests
from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import ExponentialRetry
from requests.adapters import HTTPAdapter

CONNECT_SECONDS = 5
READ_SECONDS = 30
RETRIES = 4
_LONGEST_PAUSE_SECONDS = 8.0
_POOL_SIZE = 64


class PatientTransport(RequestsTransport):
    """Spreads the SDKs' pauses between retries, bounds them, and repeats what was never sent."""

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - of two kinds each
        """Sends a request; a POST whose connection could not be made, up to three times."""
        if request.method != "POST":
            return super().send(request, **options)
        # The tables' SDK repeats no POST, although one that never left can do no harm.
        for pause in (0.5, 2.0):
            try:
                return super().send(request, **options)
            except ServiceRequestError:
                self.sleep(pause)
        return super().send(request, **options)

    def sleep(self, duration: float) -> None:
        """Sleeps for `duration` seconds and up to half as long again."""
        # Workers that one throttled partition turned away must not all come back at once.
        spread = duration * random.uniform(1.0, 1.5)  # noqa: S311 - no secret hangs on it
        super().sleep(min(spread, _LONGEST_PAUSE_SECONDS))


def make_session() -> requests.Session:
    """Makes connections for many threads to share."""
    session = requests.Session()
    # More threads than the default's ten would drop and reopen connections all the time.
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=_POOL_SIZE)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def table_options(session: requests.Session) -> dict[str, Any]:
    """Options of a `TableClient`; one made by a `TableServiceClient` would lose its transport."""
    return {
        "transport": _transport(session),
        "retry_total": RETRIES,
        "retry_connect": RETRIES,
        "retry_read": RETRIES,
        "retry_status": RETRIES,
        "retry_backoff_factor": 1,
        "retry_backoff_max": _LONGEST_PAUSE_SECONDS,
    }


def blob_options(session: requests.Session) -> dict[str, Any]:
    """Options of a `BlobServiceClient`."""
    retry = ExponentialRetry(
        initial_backoff=1, increment_base=2, retry_total=RETRIES, random_jitter_range=1
    )
    return {"transport": _transport(session), "retry_policy": retry}


def _transport(session: requests.Session) -> PatientTransport:
    return PatientTransport(
        session=session,
        session_owner=False,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )
