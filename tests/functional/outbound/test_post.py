"""Deliveries to receivers, and their harmless answers."""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.outbound.address_guard import AddressGuard, AllowedHosts
from shared.outbound.post import Poster, Reply
from tests.receiver import Receiver, receiving

HEADERS = {"Content-Type": "application/cloudevents+json; charset=utf-8", "webhook-id": "1"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def poster(allowed: str = "127.0.0.1,localhost", seconds: float = 5) -> Poster:
    return Poster(AddressGuard(AllowedHosts.read(allowed)), seconds)


def certificate(folder: Path, host: str) -> Path:
    """Makes a certificate that signs itself, with its key, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(pem)
    )
    return path


@contextmanager
def encrypted(own: Path) -> Iterator[Receiver]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    with receiving(context) as found:
        yield found


def test_posts_what_it_is_given(receiver: Receiver):
    assert poster().post(receiver.url(), "ü".encode(), HEADERS) == Reply(204)
    (received,) = receiver.received
    assert (received.path, received.body) == ("/hook?token=t%20k", "ü".encode())
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["content-type"] == HEADERS["Content-Type"]
    assert received.headers["webhook-id"] == "1"
    assert received.headers["user-agent"].startswith("batchpoint/")
    assert received.headers["content-length"] == "2"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
def test_tells_what_was_answered(receiver: Receiver, status: int):
    receiver.answers.append(status)
    reply = poster().post(receiver.url(), b"x", {})
    assert reply == Reply(status, f"it answered {status}")
    assert not reply.is_success
    assert reply.is_down == (status in {429, 500, 503})


def test_follows_no_redirect(receiver: Receiver):
    receiver.answers.append(receiver.url(path="/elsewhere"))
    reply = poster().post(receiver.url(), b"x", {})
    assert reply == Reply(307, "it answered 307; redirects are not followed")
    assert [received.path for received in receiver.received] == ["/hook?token=t%20k"]


def test_a_redirect_to_a_private_address_is_not_followed(receiver: Receiver):
    with receiving() as private:
        target = private.url("localhost", path="/private")
        body = b"x" * 2**24
        head = f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: {len(body)}\r\n\r\n"
        receiver.answers.append(head.encode() + body)
        reply = poster("127.0.0.1").post(receiver.url(), b"x", {})
        assert reply == Reply(302, "it answered 302; redirects are not followed")
        assert private.received == []


@pytest.mark.parametrize(
    "header", [b"X-Long: " + b"x" * 2**17 + b"\r\n", b"X-One-Of-Many: x\r\n" * 1000]
)
def test_enormous_headers_are_not_read(receiver: Receiver, header: bytes):
    receiver.answers.append(b"HTTP/1.1 200 OK\r\n" + header + b"\r\n")
    reply = poster().post(receiver.url(), b"x", {})
    assert (reply.status, reply.is_down) == (None, True)


def test_an_answer_is_not_read_beyond_its_headers(receiver: Receiver):
    receiver.answers.append(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\nx")
    assert poster().post(receiver.url(), b"x", {}) == Reply(200)


def test_an_answer_that_never_ends_is_cut_off(receiver: Receiver):
    receiver.answers.append("drip")
    began = time.monotonic()
    reply = poster(seconds=0.5).post(receiver.url(), b"x", {})
    assert time.monotonic() - began < 20
    assert reply.status is None
    assert reply.message == "the answer did not end within 0.5 s"


def test_a_handshake_that_never_ends_is_cut_off():
    """Each byte of it comes in time."""
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def drip() -> None:
            connection, _ = slow.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.02)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        url = f"https://127.0.0.1:{slow.getsockname()[1]}/"
        assert poster(seconds=0.5).post(url, b"x", {}).status is None
        assert time.monotonic() - began < 20
        thread.join(20)
        assert not thread.is_alive()


def test_a_receiver_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        assert poster(seconds=0.3).post(url, b"x", {}).status is None


def test_a_receiver_that_is_away(receiver: Receiver):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    reply = poster().post(f"http://127.0.0.1:{port}/", b"x", {})
    assert (reply.status, reply.is_down) == (None, True)
    assert "ConnectionRefusedError" in reply.message


def test_the_addresses_of_a_name_are_tried_in_turn(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    real = socket.getaddrinfo

    def two(host: str, port: int, *rest: object, **more: object) -> object:
        if host != "two.test":
            return real(host, port, *rest, **more)  # type: ignore[arg-type]
        return [(2, 1, 6, "", (text, port)) for text in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert poster("two.test").post(receiver.url("two.test"), b"x", {}) == Reply(204)
    (received,) = receiver.received
    assert received.headers["host"] == f"two.test:{receiver.port}"


def test_a_certificate_is_checked_for_the_hosts_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    own = certificate(tmp_path, "localhost")
    with encrypted(own) as receiver:
        url = receiver.url("localhost").replace("http:", "https:")
        reply = poster().post(url, b"x", {})
        assert (reply.status, "SSLCertVerificationError" in reply.message) == (None, True)
        monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(own))
        assert poster().post(url, b"x", {}) == Reply(204)
        reply = poster().post(url.replace("localhost", "127.0.0.1"), b"x", {})
        assert (reply.status, "SSLCertVerificationError" in reply.message) == (None, True)
        assert len(receiver.received) == 1


def test_no_proxy_and_no_credentials_of_the_environment_are_used(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert poster().post(receiver.url(), b"x", {}) == Reply(204)
    (received,) = receiver.received
    assert "authorization" not in received.headers


@pytest.mark.parametrize("host", ["x" * 64 + ".test", ".test", "a..test"])
def test_what_is_no_name(host: str):
    url = f"https://{host}/hook"
    assert poster().post(url, b"x", {}) == Reply(None, f"the name '{host}' is not known")
    assert poster().refusal(url) is None


def test_a_name_that_leads_nowhere():
    url = "https://nobody.invalid/hook"
    assert poster().post(url, b"x", {}) == Reply(None, "the name 'nobody.invalid' is not known")
    assert poster().refusal(url) is None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0", "127.1"]
)
def test_what_is_not_public_is_not_reached(receiver: Receiver, host: str):
    url, strict = receiver.url(host), poster("")
    reply = strict.post(url, b"x", {})
    assert reply.status is None
    assert "is no public address" in reply.message
    assert "BATCHPOINT_ALLOWED_HOSTS" in (strict.refusal(url) or "")
    assert receiver.received == []


def test_what_is_connected_to_is_what_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    """A name that means something public when it is checked, and this machine a moment later."""
    asked = []
    real = socket.getaddrinfo

    def rebound(host: str, *rest: object, **more: object) -> object:
        asked.append(host)
        if host == "rebound.test":
            host = "192.0.2.1" if len(asked) == 1 else "127.0.0.1"
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    reply = poster("rebound.test", seconds=0.5).post(receiver.url("rebound.test"), b"x", {})
    assert (reply.status, receiver.received) == (None, [])
    assert asked[0] == "rebound.test"
    assert "rebound.test" not in asked[1:]


def test_no_url_is_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture):
    receiver.answers += [500, "drip", b"HTTP/1.1 200 OK\r\nno header\r\n\r\n"]
    with caplog.at_level(logging.DEBUG):
        for _ in range(4):
            poster(seconds=0.2).post(receiver.url(), b"x", {})
    assert "token" not in caplog.text
