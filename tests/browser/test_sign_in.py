"""Signing in with a code and PKCE, against an issuer that the test plays."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import OpenStudio
from tests.browser.studio import Studio
from tests.browser.surroundings import Surroundings


class Issuer:
    """An OpenID issuer below the service's own address, where the page's policy allows it."""

    def __init__(
        self, page: Page, url: str, token: str, answer: dict[str, str] | None = None
    ) -> None:
        self._token = token
        self.url = f"{url}/issuer"
        self._answer = answer or {"code": "the-code"}
        self.asked: dict[str, list[str]] = {}
        self.redeemed: dict[str, list[str]] = {}
        self.tokens: set[str | None] = set()
        page.route("**/api/studio/config", self._config)
        page.route("**/issuer/**", self._serve)
        page.on("request", self._note)

    def _config(self, route: Route) -> None:
        config = {"authority": self.url, "clientId": "studio", "scope": "api://b/scope"}
        route.fulfill(json=config)

    def _note(self, request) -> None:
        if "/api/endpoints" in request.url:
            self.tokens.add(request.headers.get("authorization"))

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.endswith("openid-configuration"):
            endpoints = ("authorization_endpoint", "token_endpoint")
            route.fulfill(json={name: f"{self.url}/{name}" for name in endpoints})
        elif path.endswith("authorization_endpoint"):
            self.asked = parse_qs(urlsplit(route.request.url).query)
            back = self.asked["redirect_uri"][0]
            query = "&".join(f"{key}={value}" for key, value in self._answer.items())
            to = json.dumps(f"{back}?{query}&state={self.asked['state'][0]}")
            html = f"<!doctype html><title>issuer</title><script>location.replace({to})</script>"
            route.fulfill(content_type="text/html", body=html)
        else:
            self.redeemed = parse_qs(route.request.post_data or "")
            route.fulfill(json={"access_token": self._token, "expires_in": 3600})


def open_with_issuer(studio: Studio, token: str, **answer: str) -> Issuer:
    issuer = Issuer(studio.page, studio.url, token, answer)
    studio.page.goto(f"{studio.url}/api/studio/#/endpoints/weather")
    return issuer


def test_a_user_signs_in_and_comes_back_to_the_same_page(
    surroundings: Surroundings, open_studio: OpenStudio
):
    studio = open_studio(None)
    page = studio.page
    token = surroundings.service.stack.sign_in.token()
    issuer = open_with_issuer(studio, token)
    expect(page.get_by_role("heading", level=1)).to_have_text("weather")
    expect(page.get_by_text("Daily means of weather stations")).to_be_visible()
    assert page.url == f"{studio.url}/api/studio/#/endpoints/weather"

    assert issuer.asked["client_id"] == ["studio"]
    assert issuer.asked["scope"] == ["api://b/scope openid profile offline_access"]
    assert issuer.asked["code_challenge_method"] == ["S256"]
    assert issuer.redeemed["code"] == ["the-code"]
    assert issuer.redeemed["redirect_uri"] == [f"{studio.url}/api/studio/"]
    digest = hashlib.sha256(issuer.redeemed["code_verifier"][0].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert issuer.asked["code_challenge"] == [challenge]
    assert issuer.tokens == {f"Bearer {token}"}

    # The token lasts: loading the page again does not go to the issuer again.
    issuer.asked.clear()
    page.reload()
    expect(page.get_by_text("Daily means of weather stations")).to_be_visible()
    assert issuer.asked == {}


def test_an_issuer_that_refuses_is_quoted(surroundings: Surroundings, open_studio: OpenStudio):
    studio = open_studio(None)
    open_with_issuer(studio, "", error="access_denied", error_description="not+for+you")
    expect(studio.page.get_by_role("alert")).to_contain_text("not for you")
