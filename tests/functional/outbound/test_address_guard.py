"""Addresses that a caller's URL may not reach, by any name or way."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import pytest

from shared.errors import InvalidError, StorageError, TooLargeError
from shared.inputs.public_reader import PublicLimits, PublicReader, open_public
from shared.outbound.address_guard import AddressGuard, AllowedHosts, is_public
from shared.outbound.client import OutboundClient
from shared.retry import RetryPolicy

INTERNAL = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "64:ff9b:1::7f00:1",
    "64:ff9b:1:a9fe:a9:fe00::",
    "::127.0.0.1",
    "::169.254.169.254",
    "::1.1.1.1",
    "::ffff:0:127.0.0.1",
    "::ffff:168.63.129.16",
    "2603:1030::5efe:127.0.0.1",
    "2603:1030::200:5efe:a9fe:a9fe",
    "fe80::5efe:10.0.0.1",
    "fec0::1",
    "feff::1",
    "3fff::1",
    "3fff:fff::1",
    "5f00::1",
    "4000::1",
    "100::1",
    "2001:db8::1",
    "2001:2::1",
    "2001:20::1",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "100.100.100.200",
    "172.31.255.255",
]


@pytest.mark.parametrize("text", INTERNAL)
def test_addresses_that_are_not_for_callers(text: str):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "20.60.1.1",
        "1.1.1.1",
        "2603:1030::1",
        "2a00:1450:4001:80b::200e",
        "64:ff9b::1.1.1.1",
        "::ffff:1.1.1.1",
        "2002:101:101::1",
        "2603:1030::5efe:1.1.1.1",
        "172.32.0.1",
        "192.0.1.1",
    ],
)
def test_addresses_that_are(text: str):
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/a",
        "http://localhost:{port}/a",
        "http://LOCALHOST.:{port}/a",
        "http://2130706433:{port}/a",
        "http://0x7f000001:{port}/a",
        "http://0177.0.0.1:{port}/a",
        "http://127.1:{port}/a",
        "http://0:{port}/a",
        "http://[::1]:{port}/a",
        "http://[::ffff:127.0.0.1]:{port}/a",
        "http://user@127.0.0.1:{port}/a",
    ],
)
def test_this_machine_by_any_name(url: str, site: "Site"):
    reader = PublicReader(OutboundClient(RetryPolicy(sleep=lambda _: None), guard=AddressGuard()))
    with pytest.raises((InvalidError, StorageError)):
        reader.read(url.format(port=site.port))
    assert site.asked == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x/a", "gopher://x", "//x", "http://"])
def test_other_schemes(url: str):
    with pytest.raises(InvalidError, match="http"):
        PublicReader(OutboundClient(guard=AddressGuard())).read(url)


class Site(ThreadingHTTPServer):
    """Answers /to?URL with a redirect, /endless?URL with one that goes on forever, /slow drop by
    drop, and all else with some bytes.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str] = []
        self.port = self.server_port


class Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to?"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path.startswith("/endless?"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/endless?"))
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b"x" * 1000)
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(1000):
                self.wfile.write(b"x")
                if self.path == "/slow":
                    time.sleep(0.02)
        except OSError:
            self.close_connection = True

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as server:
        threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        yield server
        server.shutdown()


def reader(allowed: str, *, max_bytes: int = 10_000, seconds: float = 20) -> PublicReader:
    return open_public(PublicLimits(AllowedHosts.read(allowed), max_bytes, seconds))


def test_an_allowed_host_is_allowed_for_its_port_alone(site: Site):
    url = f"http://127.0.0.1:{site.port}/a"
    assert len(reader(f"127.0.0.1:{site.port}").read(url)) == 1000
    assert len(reader("127.0.0.0/8").read(url)) == 1000
    for other in ("127.0.0.1:1", "127.0.0.2", "10.0.0.0/8", "localhost"):
        with pytest.raises(InvalidError, match="no public address"):
            reader(other).read(url)


def test_a_redirect_is_checked_like_any_other_url(site: Site):
    door = f"http://127.0.0.1:{site.port}/to?"
    allowed = reader(f"127.0.0.1:{site.port}")
    assert len(allowed.read(f"{door}/a")) == 1000
    for target in (f"http://localhost:{site.port}/secret", "http://169.254.169.254/metadata"):
        with pytest.raises(InvalidError, match="no public address"):
            allowed.read(door + target)
    assert "/secret" not in site.asked


def test_what_comes_with_a_redirect_is_not_read(site: Site):
    door = f"http://127.0.0.1:{site.port}/endless?"
    assert len(reader("127.0.0.0/8").read(f"{door}/a")) == 1000


@pytest.mark.parametrize("host", ["x" * 64 + ".test", "a..test"])
def test_what_is_no_name(host: str):
    client = OutboundClient(RetryPolicy(sleep=lambda _: None), guard=AddressGuard())
    with pytest.raises((InvalidError, StorageError)):
        client.read(f"http://{host}/a")


def test_a_name_that_means_something_else_the_second_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    """DNS rebinding: what is connected to is what was checked."""
    asked: list[Any] = []
    resolve = socket.getaddrinfo

    def rebinding(host: str, port: int, *rest: Any, **options: Any) -> Any:
        if host == "rebinding.test":
            asked.append(host)
            host = "192.0.2.1" if len(asked) > 1 else "127.0.0.1"
        return resolve(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    url = f"http://rebinding.test:{site.port}/a"
    assert len(reader(f"rebinding.test:{site.port}").read(url)) == 1000
    assert asked == ["rebinding.test"]


def test_one_internal_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch):
    found = [(2, 1, 6, "", (text, 80)) for text in ("20.60.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(InvalidError, match="no public address"):
        AddressGuard().resolve("mixed.test", 80)


def test_a_proxy_of_the_environment_is_not_asked(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{site.port}")
    with pytest.raises(InvalidError, match="no public address"):
        reader("").read("http://169.254.169.254/metadata/instance")
    assert site.asked == []


def test_size_and_time_are_bounded(site: Site):
    here, url = "127.0.0.0/8", f"http://127.0.0.1:{site.port}"
    with pytest.raises(TooLargeError, match="999 bytes"):
        reader(here, max_bytes=999).read(f"{url}/a")
    started = time.monotonic()
    with pytest.raises(StorageError, match="longer than"):
        reader(here, seconds=0.2).read(f"{url}/slow")
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("text", ["http://x", "a b", "10.0.0.1/8", "x:99999", "x:0", "*.x", "/"])
def test_what_is_no_list_of_hosts(text: str):
    with pytest.raises(InvalidError, match="BATCHPOINT_ALLOWED_HOSTS"):
        AllowedHosts.read(text)


def test_lists_of_hosts():
    allowed = AllowedHosts.read(" a.test, B.test:8080,[::1]:80 ,10.1.0.0/16,fd00::/8")
    assert allowed.has_host("A.test.", 1)
    assert allowed.has_host("b.test", 8080)
    assert not allowed.has_host("b.test", 8081)
    assert allowed.has_host("::1", 80)
    assert allowed.has_address(ip_address("10.1.2.3"))
    assert not allowed.has_address(ip_address("10.2.2.3"))
