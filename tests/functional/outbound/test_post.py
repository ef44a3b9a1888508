"""What reaches receivers, and what they cannot do to the app."""

import logging
import socket
import time
from collections.abc import Iterator

import pytest

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


def test_an_answer_that_never_ends_is_cut_off(receiver: Receiver):
    receiver.answers.append("drip")
    began = time.monotonic()
    reply = poster(seconds=0.5).post(receiver.url(), b"x", {})
    assert time.monotonic() - began < 20
    assert reply.status is None
    assert reply.message == "the answer did not end within 0.5 s"


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
    receiver.answers += [500, "drip"]
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            poster(seconds=0.2).post(receiver.url(), b"x", {})
    assert "token" not in caplog.text
