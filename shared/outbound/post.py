"""Posts to addresses that users name: to public ones alone, in bounded time, without redirects.

What is connected to is an address that was checked, whatever the host's name means a moment later;
certificates are checked for the name. Nothing is logged, as a URL may hold what only its owner
knows.
"""

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import certifi

from shared.errors import InvalidError
from shared.outbound.address_guard import SETTING, AddressGuard
from shared.version import VERSION

SECONDS = 10.0
CONNECT_SECONDS = 4.0
ADDRESSES_TRIED = 2
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Reply:
    """What came of sending something: the status of HTTP, or None and why there is none."""

    status: int | None
    message: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_down(self) -> bool:
        """Whether the receiver is likely to answer nothing else just now."""
        return self.status is None or self.status == 429 or self.status >= 500


class Poster:
    """Sends one request on a connection of its own; safe to use from several threads."""

    def __init__(self, guard: AddressGuard, seconds: float = SECONDS) -> None:
        """Takes what says which addresses may be connected to, and how long an answer may take."""
        self._guard = guard
        self._seconds = seconds
        self._certificates = ssl.create_default_context(cafile=certifi.where())

    def refusal(self, url: str) -> str | None:
        """Why nothing is ever sent to an address; None if it may be, or its name is not known."""
        host, port = _place(url)
        try:
            self._guard.resolve(host, port)
        except InvalidError:
            return (
                f"'{host}' is no public address, to which alone webhooks are sent; an "
                f"administrator may name it in {SETTING}"
            )
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
        host, port = _place(url)
        try:
            addresses = self._guard.resolve(host, port)
        except InvalidError:
            return Reply(None, self.refusal(url) or f"'{host}' is no public address")
        except (OSError, UnicodeError):
            return Reply(None, f"the name '{host}' is not known")
        reply = Reply(None, f"the name '{host}' has no address")
        for address in addresses[:ADDRESSES_TRIED]:
            reply = self._post_to(address, url, body, headers)
            if reply.status is not None:
                break
        return reply

    def _post_to(self, address: str, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        connection = self._connection(address, url)
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with self._deadline(connection) as is_over:
                sent = {"User-Agent": f"batchpoint/{VERSION}", **headers}
                connection.request("POST", target, body, sent)
                with connection.getresponse() as response:
                    status = response.status
        except (http.client.HTTPException, OSError, ValueError) as error:
            reason = type(error).__name__
            return Reply(None, f"there was no answer within {self._seconds:g} s ({reason})")
        finally:
            connection.close()
        if is_over.is_set():
            return Reply(None, f"the answer did not end within {self._seconds:g} s")
        return Reply(status, _told(status))

    def _connection(self, address: str, url: str) -> http.client.HTTPConnection:
        host, port = _place(url)
        if urlsplit(url).scheme == "http":
            return _Plain(address, host, port, timeout=self._seconds)
        context = self._certificates
        return _Encrypted(address, host, port, timeout=self._seconds, context=context)

    @contextlib.contextmanager
    def _deadline(self, connection: http.client.HTTPConnection) -> Generator[threading.Event]:
        """Cuts a connection off: each part of an answer may come in time, and its end never."""
        is_over = threading.Event()

        def cut() -> None:
            is_over.set()
            sock: socket.socket | None = connection.sock
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield is_over
        finally:
            timer.cancel()


class _Plain(http.client.HTTPConnection):
    """A connection for a host, made to one of its addresses."""

    def __init__(self, address: str, host: str, port: int, **more: Any) -> None:  # noqa: ANN401
        super().__init__(host, port, **more)
        self._address = address

    def connect(self) -> None:
        """Connects to the address that was checked."""
        place = (self._address, self.port)
        self.sock = socket.create_connection(place, CONNECT_SECONDS)
        self.sock.settimeout(self.timeout)


class _Encrypted(_Plain):
    """The same by TLS; the certificate is checked for the host's name."""

    default_port = PORTS["https"]

    def __init__(
        self, address: str, host: str, port: int, *, context: ssl.SSLContext, timeout: float
    ) -> None:
        super().__init__(address, host, port, timeout=timeout)
        self._context = context

    def connect(self) -> None:
        """Connects to the address that was checked."""
        super().connect()
        self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or PORTS[parts.scheme]


def _told(status: int) -> str:
    if 300 <= status < 400:
        return f"it answered {status}; redirects are not followed"
    return "" if 200 <= status < 300 else f"it answered {status}"
