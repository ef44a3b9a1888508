"""Posts to addresses that users name: to public ones alone, in bounded time, without redirects.

Posts leave by the same guarded adapter as reads do. No session of requests is used, as it would
read the whole body of a redirect, and add cookies, proxies and credentials of its own.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, NameResolutionError

from shared.errors import InvalidError
from shared.outbound.address_guard import SETTING, AddressGuard
from shared.outbound.deadline import Deadline
from shared.outbound.guarded_adapter import GuardedAdapter
from shared.version import VERSION

SECONDS = 10.0
CONNECT_SECONDS = 4.0
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Reply:
    """Result of a request: the status of HTTP, or None and the reason."""

    status: int | None
    message: str = ""

    @property
    def is_success(self) -> bool:
        """True if the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_down(self) -> bool:
        """True if the receiver is likely to answer nothing else just now."""
        return self.status is None or self.status == 429 or self.status >= 500


class Poster:
    """Sends one request on a connection of its own; safe to use from several threads."""

    def __init__(self, guard: AddressGuard, seconds: float = SECONDS) -> None:
        """Takes what says which addresses may be connected to, and how long an answer may take."""
        self._guard = guard
        self._seconds = seconds

    def refusal(self, url: str) -> str | None:
        """Returns the reason that nothing is sent to an address.

        None if it may be, or the name is unknown.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            self._guard.resolve(host, parts.port or PORTS[parts.scheme])
        except InvalidError:
            return _not_public(host)
        except (OSError, UnicodeError):
            return None
        return None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Posts a body, and reads no more of the answer than its status.

        Args:
            url: An http:// or https:// address with a host, in ASCII.
            body: What to send.
            headers: Sent beside those that say how much it is, and to whom.

        Returns:
            The status, or None with the reason that there is none.
        """
        host = urlsplit(url).hostname or ""
        sent = {"User-Agent": f"batchpoint/{VERSION}", **headers}
        deadline = Deadline(self._seconds)
        try:
            request = requests.Request("POST", url, sent, data=body).prepare()
            with (
                deadline,
                closing(GuardedAdapter(self._guard, 1, deadline)) as adapter,
                adapter.send(request, stream=True, timeout=self._timeouts) as response,
            ):
                status = response.status_code
        except InvalidError:
            return Reply(None, _not_public(host))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return Reply(None, self._problem(host, error))
        if deadline.is_over:
            return Reply(None, f"the answer did not end within {self._seconds:g} s")
        return Reply(status, _told(status))

    @property
    def _timeouts(self) -> tuple[float, float]:
        return min(CONNECT_SECONDS, self._seconds), self._seconds

    def _problem(self, host: str, error: Exception) -> str:
        causes = list(_causes(error))
        if any(isinstance(e, NameResolutionError | requests.exceptions.InvalidURL) for e in causes):
            return f"the name '{host}' is not known"
        reason = type(causes[-1]).__name__
        return f"there was no answer within {self._seconds:g} s ({reason})"


def _not_public(host: str) -> str:
    return (
        f"'{host}' is no public address, to which alone webhooks are sent; an administrator may "
        f"name it in {SETTING}"
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what lies under it: requests and urllib3 each wrap what the socket raised."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _told(status: int) -> str:
    if 300 <= status < 400:
        return f"it answered {status}; redirects are not followed"
    return "" if 200 <= status < 300 else f"it answered {status}"
