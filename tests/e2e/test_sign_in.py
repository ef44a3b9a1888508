"""Signing in to the running stack: by the command line, as a page, with few roles, not at all."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from devhost.stack.codes import challenge_of
from devhost.stack.signin import STUDIO_CLIENT_ID
from shared.signin.settings import SignInSettings
from tests.e2e.service import Service

VERIFIER = "v" * 43


@pytest.mark.skipif(
    not Path("/proc/net/tcp").is_file(), reason="the system does not tell whose connection it is"
)
def test_a_page_signs_in_with_what_the_app_is_set_to(service: Service):
    settings = SignInSettings.from_env(service.stack.issuer.settings)
    assert settings is not None
    page = settings.browser
    assert page is not None
    assert page.client_id == STUDIO_CLIENT_ID
    issuer = httpx.get(f"{page.authority}/.well-known/openid-configuration").json()
    back = f"{service.stack.url}/api/studio/"
    asked = {
        "response_type": "code",
        "client_id": page.client_id,
        "redirect_uri": back,
        "scope": page.scope,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    sent = httpx.get(issuer["authorization_endpoint"], params=asked).headers["Location"]
    assert sent.startswith(f"{back}?code=")
    form = {
        "grant_type": "authorization_code",
        "client_id": page.client_id,
        "redirect_uri": back,
        "code": parse_qs(urlsplit(sent).query)["code"][0],
        "code_verifier": VERIFIER,
    }
    token = httpx.post(issuer["token_endpoint"], data=form).json()["access_token"]
    with service.client(token) as http:
        assert http.get("/jobs").status_code == 200


def test_nobody_else_gets_in(service: Service):
    with httpx.Client(base_url=f"{service.stack.url}/api") as http:
        assert http.get("/health").status_code == 200
        refused = http.get("/jobs")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="batchpoint"'
    with service.client("no.real.token") as http:
        assert http.get("/jobs").status_code == 401
    with service.client(service.stack.sign_in.token("BatchPoint.Reader")) as http:
        assert http.get("/jobs").status_code == 200
        assert http.post("/housekeeping").status_code == 403


def test_a_signature_of_nobody(service: Service):
    head, body, _ = service.stack.sign_in.token().split(".")
    with service.client(f"{head}.{body}.{'A' * 342}") as http:
        assert http.get("/jobs").status_code == 401


def test_the_command_line_signs_in_by_itself(service: Service):
    assert isinstance(service.cli("job", "list").json(), list)
    told = service.cli("account", "get-access-token", "--query", "accessToken", "-o", "tsv")
    with service.client(told.out.strip()) as http:
        assert http.get("/jobs").status_code == 200
