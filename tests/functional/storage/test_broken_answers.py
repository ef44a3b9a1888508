"""Answers of the table service that break off, or say less than what has happened."""

import re
import socket
import threading
from collections.abc import Iterator

import pytest

from devhost.stack.azurite import connection_string
from shared.errors import ConflictError
from shared.retry import TransientError
from shared.storage.azure.connection import StorageConnection
from shared.storage.azure.tables import AzureTableStore
from shared.storage.factory import open_clients
from shared.storage.ports import Entity

INSERTED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\nETag: W/\"datetime'2026'\"\r\n\r\n"
READ = (
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
    b"Content-Type: application/json\r\nContent-Length: 51\r\n\r\n"
    b'{"PartitionKey":"p","RowKey":"r","odata.etag":"x" }'
)
_EXISTS = b'{"odata.error":{"code":"EntityAlreadyExists"}}'
EXISTS = (
    b"HTTP/1.1 409 Conflict\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(_EXISTS)
    + _EXISTS
)
FAILED = b"HTTP/1.1 500 Failed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Service:
    """Gives one answer to every request, on a connection of its own, and counts the requests."""

    def __init__(self) -> None:
        self.answers = [INSERTED]
        self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        # A thread that waits in accept() would keep the listener open.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                received = b""
                while not _is_whole(received):
                    received += connection.recv(2**16)
                self.requests += 1
                connection.sendall(
                    self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                )


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


@pytest.fixture
def service() -> Iterator[Service]:
    started = Service()
    yield started
    started.close()


@pytest.fixture
def tables(service: Service) -> Iterator[AzureTableStore]:
    ports = dict.fromkeys(("blob", "queue", "table"), service.port)
    settings = {"AzureWebJobsStorage": connection_string(ports)}
    opened, _ = open_clients(StorageConnection.from_settings(settings), "x")
    yield opened
    opened.close()


def test_an_insert_whose_answer_breaks_off_anywhere_may_have_happened(
    service: Service, tables: AzureTableStore
) -> None:
    # What is behind the ETag says nothing.
    for size in range(INSERTED.index(b"'\"\r\n") + 1):
        service.answers, service.requests = [INSERTED[:size]], 0
        with pytest.raises(TransientError) as raised:
            tables.insert("things", Entity("p", "r", {"a": 1}))
        assert (raised.value.sent, service.requests) == (True, 1)


def test_an_insert_that_is_answered_with_an_error_may_have_happened(
    service: Service, tables: AzureTableStore
) -> None:
    service.answers = [FAILED, EXISTS]
    with pytest.raises(TransientError) as raised:
        tables.insert("things", Entity("p", "r", {"a": 1}))
    assert (raised.value.sent, service.requests) == (True, 1)
    with pytest.raises(ConflictError):
        tables.insert("things", Entity("p", "r", {"a": 1}))


def test_a_read_whose_answer_breaks_off_anywhere_gives_no_row(
    service: Service, tables: AzureTableStore
) -> None:
    for size in range(len(READ)):
        service.answers = [READ[:size]]
        with pytest.raises(TransientError):
            tables.get("things", "p", "r")
    service.answers = [READ]
    assert tables.get("things", "p", "r") is not None
