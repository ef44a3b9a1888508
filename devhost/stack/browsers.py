"""The part of the issuer that browsers meet: the authorization endpoint, and CORS.

A page of the app sends the browser here and gets it back with a code
(https://www.rfc-editor.org/rfc/rfc6749#section-4.1). Nobody is asked for a password where the
system tells that it is a process of the stack's own user that asks; elsewhere the issuer's secret,
which is in a file that only this user can read, takes its place.
"""

import hmac
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from devhost.stack import peers
from devhost.stack.codes import CHALLENGE, Codes, Grant
from devhost.stack.signin import API_SCOPES, STUDIO_CLIENT_ID

_HERE = frozenset({"127.0.0.1", "localhost"})
_USUAL_SCOPES = frozenset({"openid", "profile", "email", "offline_access"})
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_FORM = """\
<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in to batchpoint</title>
<h1>Sign in to batchpoint</h1>
<p>{text} Only you can read the stack's secret: it is the <code>client_secret</code> in
<code>~/.local/state/batchpoint/stacks/</code>.</p>
<form method="post"><label>Secret <input name="client_secret" type="password" required autofocus
autocomplete="off"></label> <button>Sign in</button></form></html>
"""
_UNKNOWN = "This system does not tell that it is you who asks."
_WRONG = "That is not the secret of this stack."


class RefusedError(Exception):
    """A request that no browser may be sent back from; the text says why."""


class Authorization:
    """Gives codes to pages that the stack's own user serves, for the stack's own user."""

    def __init__(self, codes: Codes, secret: str) -> None:
        self._codes = codes
        self._secret = secret

    async def answer(self, request: web.Request) -> web.Response:
        """Sends the browser back with a code, or asks for the secret first."""
        try:
            back = _redirect_uri(request.query)
        except RefusedError as error:
            return web.Response(status=400, text=str(error), headers=_HEADERS)
        problem = _problem(request.query)
        if problem:
            return _sent_back(back, request.query, dict(zip(_ERROR, problem, strict=True)))
        if request.method == "POST":
            form = await request.post()
            given = str(form.get("client_secret", "")).encode()
            if not hmac.compare_digest(given, self._secret.encode()):
                return _asking(_WRONG, 401)
        elif not comes_from_us(request):
            return _asking(_UNKNOWN, 200)
        grant = Grant(STUDIO_CLIENT_ID, back, request.query["code_challenge"])
        return _sent_back(back, request.query, {"code": self._codes.issue(grant)})


_ERROR = ("error", "error_description")


def comes_from_us(request: web.Request) -> bool:
    """True if it is known that a process of this user sends the request."""
    transport = request.transport
    if transport is None:
        return False
    return peers.is_ours(transport.get_extra_info("peername"), transport.get_extra_info("sockname"))


def cors_headers(request: web.Request) -> dict[str, str]:
    """Lets pages of the own app read the answer, and no others."""
    origin = request.headers.get("Origin", "")
    if not _is_own_page(origin):
        return {"Vary": "Origin"}
    return {
        "Vary": "Origin",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "content-type",
    }


def _redirect_uri(query: Mapping[str, str]) -> str:
    if query.get("client_id") != STUDIO_CLIENT_ID:
        raise RefusedError(f"client_id must be {STUDIO_CLIENT_ID}")
    back = query.get("redirect_uri", "")
    if not _is_own_page(back):
        raise RefusedError(
            "redirect_uri must be a page of this stack's app, such as "
            "http://127.0.0.1:7071/api/studio/"
        )
    return back


def _is_own_page(url: str) -> bool:
    """True if a URL is of a page that a process of this user serves on this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.query or parts.fragment or "@" in parts.netloc or "\\" in url:
        return False
    is_here = parts.scheme == "http" and parts.hostname in _HERE
    return is_here and port is not None and peers.may_be_served_by_us(port)


def _problem(query: Mapping[str, str]) -> tuple[str, str] | None:
    """The error's name and text for what the page asks for; None if it is right."""
    if query.get("response_type") != "code":
        return "unsupported_response_type", "response_type must be code"
    if query.get("response_mode", "query") != "query":
        return "invalid_request", "response_mode must be query"
    if query.get("code_challenge_method") != "S256":
        return "invalid_request", "code_challenge_method must be S256"
    if not CHALLENGE.fullmatch(query.get("code_challenge", "")):
        return "invalid_request", "code_challenge must be the base64url of a SHA-256 hash"
    scopes = set(query.get("scope", "").split())
    if not scopes & API_SCOPES or scopes - API_SCOPES - _USUAL_SCOPES:
        return "invalid_scope", f"scope must be one of {', '.join(sorted(API_SCOPES))}"
    return None


def _sent_back(back: str, query: Mapping[str, str], answer: dict[str, str]) -> web.Response:
    if "state" in query:
        answer["state"] = query["state"]
    location = f"{back}?{urlencode(answer)}"
    return web.Response(status=303, headers={**_HEADERS, "Location": location})


def _asking(text: str, status: int) -> web.Response:
    body = _FORM.format(text=text)
    return web.Response(status=status, text=body, content_type="text/html", headers=_HEADERS)
