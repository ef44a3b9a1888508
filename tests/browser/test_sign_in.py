"""Signing in with a code and PKCE, at the issuer of the running stack."""

import json
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import OpenStudio
from tests.browser.studio import Studio
from tests.browser.surroundings import Surroundings, readings

PLACE = "#/endpoints/weather"
REFUSED = "e30.e30.e30"
ACCESS = 'JSON.parse(sessionStorage.getItem("studio.tokens")).access'
CHANGE = """change => {
  const tokens = JSON.parse(sessionStorage.getItem("studio.tokens"));
  sessionStorage.setItem("studio.tokens", JSON.stringify({...tokens, ...change}));
}"""


class Journeys:
    """Requests of a page to the issuer, and the tokens that it sent to the API."""

    def __init__(self, page: Page) -> None:
        self.asked: list[dict[str, list[str]]] = []
        self.redeemed: list[dict[str, list[str]]] = []
        self.tokens: set[str] = set()
        page.on("request", self._note)

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.path.endswith("/authorize"):
            self.asked.append(parse_qs(parts.query))
        elif parts.path.endswith("/token") and request.method == "POST":
            self.redeemed.append(parse_qs(request.post_data or ""))
        elif parts.path.startswith("/api/") and "/studio" not in parts.path:
            self.tokens.add(request.headers.get("authorization", ""))


def shows_the_endpoint(studio: Studio) -> None:
    expect(studio.page.get_by_text("Daily means of weather stations")).to_be_visible()
    assert studio.page.url == f"{studio.url}/api/studio/{PLACE}"


def test_a_user_signs_in_and_comes_back_to_the_same_page(open_studio: OpenStudio):
    studio = open_studio(None)
    journeys = Journeys(studio.page)
    studio.open(PLACE)
    shows_the_endpoint(studio)

    (asked,), (redeemed,) = journeys.asked, journeys.redeemed
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["scope"][0].split()[1:] == ["openid", "profile", "offline_access"]
    assert redeemed["grant_type"] == ["authorization_code"]
    assert redeemed["redirect_uri"] == asked["redirect_uri"] == [f"{studio.url}/api/studio/"]
    (shown,) = journeys.tokens
    assert shown.startswith("Bearer ey")

    # The token lasts: loading the page again does not go to the issuer again.
    studio.page.reload()
    shows_the_endpoint(studio)
    assert len(journeys.asked) == 1


def test_a_token_that_has_ended_is_replaced(open_studio: OpenStudio):
    studio = open_studio(PLACE)
    journeys = Journeys(studio.page)
    studio.page.evaluate(CHANGE, {"expiresAt": 1000})
    studio.page.reload()
    shows_the_endpoint(studio)
    assert len(journeys.asked) == 1


def test_a_token_that_the_service_refuses_is_replaced(open_studio: OpenStudio):
    studio = open_studio(PLACE)
    shows_the_endpoint(studio)
    first = studio.page.evaluate(ACCESS)
    journeys = Journeys(studio.page)
    studio.page.evaluate(CHANGE, {"access": REFUSED, "receivedAt": 1000})
    studio.page.reload()
    shows_the_endpoint(studio)
    assert len(journeys.asked) == 1
    # Until it is loaded again, the page may still show its first token.
    shown = journeys.tokens - {f"Bearer {first}"}
    assert shown == {f"Bearer {REFUSED}", f"Bearer {studio.page.evaluate(ACCESS)}"}
    assert all("401" in text for text in studio.complaints)
    studio.complaints.clear()


def test_who_may_only_look_is_told_so(surroundings: Surroundings, open_studio: OpenStudio):
    studio = open_studio(PLACE)
    token = surroundings.service.stack.sign_in.token("BatchPoint.Reader", user="ada")
    studio.page.evaluate(CHANGE, {"access": token})
    studio.page.reload()
    shows_the_endpoint(studio)
    studio.drop(readings(2))
    studio.page.get_by_role("button", name="Score 2 files").click()
    told = studio.page.get_by_role("form").get_by_role("alert")
    expect(told).to_contain_text("'ada' needs the role BatchPoint.Invoker")
    assert all("403" in text for text in studio.complaints)
    studio.complaints.clear()


def test_an_issuer_that_refuses_is_quoted(open_studio: OpenStudio):
    studio = open_studio(None)

    def refuse(route: Route) -> None:
        asked = parse_qs(urlsplit(route.request.url).query)
        why = "error=access_denied&error_description=not+for+you"
        to = json.dumps(f"{asked['redirect_uri'][0]}?{why}&state={asked['state'][0]}")
        html = f"<!doctype html><title>issuer</title><script>location.replace({to})</script>"
        route.fulfill(content_type="text/html", body=html)

    studio.page.route("**/authorize?*", refuse)
    studio.page.goto(f"{studio.url}/api/studio/{PLACE}")
    expect(studio.page.get_by_role("alert")).to_contain_text("not for you")
    expect(studio.page.get_by_role("link", name="Sign in again")).to_be_visible()
