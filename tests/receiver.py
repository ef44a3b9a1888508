"""A receiver of webhooks on a port of this machine, which answers as a test says."""

import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Received requests, and the next answer: a status, raw bytes, a redirect or "drip"."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    answers: list[int | str | bytes] = field(default_factory=list)
    is_closing: threading.Event = field(default_factory=threading.Event)

    def url(self, host: str = "127.0.0.1", path: str = "/hook?token=t%20k") -> str:
        return f"http://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def handle(self) -> None:
        # A client that does not trust the certificate ends the handshake.
        with contextlib.suppress(OSError):
            super().handle()

    def log_message(self, *args: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {key.lower(): value for key, value in self.headers.items()}
        self.receiver.received.append(Received(self.path, headers, body))
        answer = self.receiver.answers.pop(0) if self.receiver.answers else 204
        if answer == "drip":
            self._drip()
        elif isinstance(answer, bytes):
            self.wfile.write(answer)
            self.close_connection = True
        elif isinstance(answer, str):
            self.send_response(307)
            self.send_header("Location", answer)
            self.end_headers()
        else:
            self.send_response(answer)
            self.end_headers()

    def _drip(self) -> None:
        """Sends a header that never ends, each part of it soon enough."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.receiver.is_closing.is_set():
            try:
                self.wfile.write(b"x")
            except OSError:
                return
            time.sleep(0.02)


@contextmanager
def receiving(encryption: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Runs a receiver, by TLS if it is given a certificate for that."""
    receiver = Receiver()
    handler = type("Bound", (_Handler,), {"receiver": receiver})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if encryption is not None:
        server.socket = encryption.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    receiver.port = server.server_port
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    try:
        yield receiver
    finally:
        receiver.is_closing.set()
        server.shutdown()
        server.server_close()
