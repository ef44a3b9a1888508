"""The local issuer's way for pages: a code by redirect, and a token for it, once."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from devhost.stack import peers
from devhost.stack.codes import LIFETIME_SECONDS, MOST_AT_ONCE, Codes, Grant, challenge_of
from devhost.stack.processes import free_port
from devhost.stack.signin import AUDIENCE, STUDIO_CLIENT_ID, TENANT, IssuerProcess

VERIFIER = "v" * 43
OTHERS = 65534
needs_linux = pytest.mark.skipif(
    not Path("/proc/net/tcp").is_file(), reason="the system does not tell whose connection it is"
)
ASK = """\
import os, socket, sys
host, port, path, user = sys.argv[1:]
os.setgid(int(user)); os.setuid(int(user))
with socket.socket() as connection:
    connection.connect((host, int(port)))
    connection.sendall(f"GET {path} HTTP/1.0\\r\\nHost: {host}:{port}\\r\\n\\r\\n".encode())
    while data := connection.recv(4096):
        os.write(1, data)
"""


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IssuerProcess]:
    process = IssuerProcess(tmp_path_factory.mktemp("issuer") / "issuer.log")
    process.launch()
    process.wait()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """A page of this user: somebody has to listen at its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/api/studio/"


@pytest.fixture
def http(issuer: IssuerProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{issuer.url}/{TENANT}") as client:
        yield client


def wanted(page: str, **changes: str) -> dict[str, str]:
    asked = {
        "response_type": "code",
        "response_mode": "query",
        "client_id": STUDIO_CLIENT_ID,
        "redirect_uri": page,
        "scope": f"{AUDIENCE}/user_impersonation openid",
        "state": "state & more",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in asked.items() if value}


def sent_back(answer: httpx.Response, page: str) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    place, _, query = answer.headers["Location"].partition("?")
    assert place == page
    return {name: values[0] for name, values in parse_qs(query).items()}


def authorize(http: httpx.Client, page: str, **changes: str) -> httpx.Response:
    return http.get("/oauth2/v2.0/authorize", params=wanted(page, **changes))


def redeem(http: httpx.Client, page: str, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "client_id": STUDIO_CLIENT_ID,
        "code": code,
        "code_verifier": VERIFIER,
        "redirect_uri": page,
        **changes,
    }
    return http.post("/oauth2/v2.0/token", data=form, headers={"Origin": page[: page.find("/", 7)]})


@needs_linux
def test_a_page_gets_a_token_for_a_code_once(http: httpx.Client, page: str):
    told = http.get("/v2.0/.well-known/openid-configuration").json()
    assert urlsplit(told["authorization_endpoint"]).path == f"/{TENANT}/oauth2/v2.0/authorize"
    assert told["code_challenge_methods_supported"] == ["S256"]
    back = sent_back(authorize(http, page), page)
    assert back["state"] == "state & more"
    answer = redeem(http, page, back["code"])
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == page.removesuffix("/api/studio/")
    assert answer.headers["Cache-Control"] == "no-store"
    claims = jwt.decode(answer.json()["access_token"], options={"verify_signature": False})
    assert claims["aud"] == AUDIENCE
    assert claims["azp"] == STUDIO_CLIENT_ID
    assert claims["roles"] == ["BatchPoint.Contributor"]
    again = redeem(http, page, back["code"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@needs_linux
@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": "http://127.0.0.1:1/"},
        {"client_id": "somebody"},
        {"code": "a-guess"},
    ],
    ids="-".join,
)
def test_a_code_is_for_the_page_that_asked(http: httpx.Client, page: str, changes: dict[str, str]):
    code = sent_back(authorize(http, page), page)["code"]
    refused = redeem(http, page, **{"code": code, **changes})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": f"{AUDIENCE}/.default https://graph.test/.default"}, "invalid_scope"),
    ],
    ids=str,
)
def test_what_a_page_asks_wrongly_is_told_to_it(
    http: httpx.Client, page: str, changes: dict[str, str], error: str
):
    back = sent_back(authorize(http, page, **changes), page)
    assert back["error"] == error
    assert back["state"] == "state & more"
    assert "code" not in back


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://evil.test/",
        "http://evil.test:80/",
        "http://127.0.0.1/",
        "http://127.0.0.1:7071@evil.test/",
        "http://127.0.0.1:99999/",
        "javascript:alert(1)",
        "//127.0.0.1:7071/",
    ],
)
def test_no_browser_is_sent_anywhere_else(http: httpx.Client, address: str):
    answer = authorize(http, address)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "redirect_uri" in answer.text


def test_no_browser_is_sent_with_a_query_or_fragment_of_its_own(http: httpx.Client, page: str):
    for address in (f"{page}?next=x", f"{page}#x", page.replace("127", "\\127")):
        assert authorize(http, address).status_code == 400
    assert authorize(http, page, client_id="somebody").status_code == 400


@needs_linux
def test_no_page_of_nobody_gets_a_code(http: httpx.Client):
    assert authorize(http, f"http://127.0.0.1:{free_port()}/").status_code == 400


def test_no_page_of_the_web_may_read_answers(http: httpx.Client, page: str):
    own = page.removesuffix("/api/studio/")
    for path in ("/v2.0/.well-known/openid-configuration", "/discovery/v2.0/keys"):
        for origin, allowed in ((own, own), ("https://evil.test", None), ("null", None)):
            answer = http.get(path, headers={"Origin": origin})
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed
            assert answer.headers["Vary"] == "Origin"
    assert http.options("/oauth2/v2.0/token", headers={"Origin": own}).status_code == 204


@needs_linux
@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_is_asked_for_the_secret(issuer: IssuerProcess, page: str):
    path = f"/{TENANT}/oauth2/v2.0/authorize?{httpx.QueryParams(wanted(page))}"

    def ask(user: int) -> str:
        command = [sys.executable, "-c", ASK, "127.0.0.1", str(issuer.port), path, str(user)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    asked = ask(OTHERS)
    assert "Only you can read the stack's secret" in asked
    assert "code=" not in asked
    assert "code=" in ask(os.getuid())


def test_the_secret_lets_in_where_nobody_tells(
    issuer: IssuerProcess, http: httpx.Client, page: str
):
    def post(secret: str) -> httpx.Response:
        return http.post(
            "/oauth2/v2.0/authorize", params=wanted(page), data={"client_secret": secret}
        )

    wrong = post("a-guess")
    assert (wrong.status_code, "not the secret" in wrong.text) == (401, True)
    assert "default-src 'none'" in wrong.headers["Content-Security-Policy"]
    code = sent_back(post(issuer.sign_in.client_secret), page)["code"]
    assert redeem(http, page, code).status_code == 200


def test_codes_do_not_last_and_do_not_pile_up():
    now = [0.0]
    codes = Codes(lambda: now[0])
    grant = Grant("page", "http://127.0.0.1:1/", challenge_of(VERIFIER))
    given: dict[str, Any] = {"client_id": "page", "redirect_uri": grant.redirect_uri}
    code = codes.issue(grant)
    now[0] = LIFETIME_SECONDS
    assert not codes.redeem(code, **given, verifier=VERIFIER)
    first, *rest = [codes.issue(grant) for _ in range(MOST_AT_ONCE + 1)]
    assert not codes.redeem(first, **given, verifier=VERIFIER)
    assert all(codes.redeem(code, **given, verifier=VERIFIER) for code in rest)
    assert not codes.redeem(codes.issue(grant), **given, verifier="ä" * 43)


@needs_linux
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["IPv4", "mapped"])
def test_whose_connection_it_is(family: socket.AddressFamily):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        place: tuple[str, int] = server.getsockname()
        with closing(socket.socket(family)) as client:
            client.connect(
                (f"::ffff:{place[0]}" if family == socket.AF_INET6 else place[0], place[1])
            )
            accepted, peer = server.accept()
            with closing(accepted):
                assert peers.is_ours(peer, place)
                assert not peers.is_ours((peer[0], peer[1] ^ 1), place)
                assert not peers.is_ours(peer, (place[0], place[1] ^ 1))
        assert peers.may_be_served_by_us(place[1])
    assert not peers.may_be_served_by_us(place[1])
