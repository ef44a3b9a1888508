"""A server that lists a container of very many blobs, which exist only when somebody asks for one.

It speaks as much of Blob Storage's protocol as listing and reading a public container takes, since
the storage emulator cannot hold a million blobs.
https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

_PAGE = 5000
_DATE = "Sun, 01 Feb 2026 00:00:00 GMT"
_CONTENT = b"0\n"


class ListingServer:
    """Serves the container `many`; a context manager."""

    def __init__(self, files: int) -> None:
        class Handler(_Handler):
            count = files

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """The folder that holds all the files."""
        return f"http://127.0.0.1:{self._server.server_port}/account/many/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if query.get("comp") == ["list"]:
            self._answer(_page(query, self.count), "application/xml")
        else:
            self._answer(_CONTENT, "text/csv")

    def do_HEAD(self) -> None:
        self._answer(_CONTENT, "text/csv")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing of each request."""

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _page(query: dict[str, list[str]], count: int) -> bytes:
    first = int(query.get("marker", ["0"])[0])
    last = min(count, first + int(query.get("maxresults", [str(_PAGE)])[0]))
    blobs = "".join(
        f"<Blob><Name>{number:09d}.csv</Name><Properties><Last-Modified>{_DATE}</Last-Modified>"
        f"<Etag>0x8DE{number:012X}</Etag><Content-Length>{len(_CONTENT)}</Content-Length>"
        f"<Content-Type>text/csv</Content-Type><BlobType>BlockBlob</BlobType></Properties></Blob>"
        for number in range(first, last)
    )
    following = str(last) if last < count else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="many">'
        f"<Blobs>{blobs}</Blobs><NextMarker>{following}</NextMarker></EnumerationResults>"
    ).encode()
