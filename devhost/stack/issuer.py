"""The stack's own OpenID issuer: tokens for whoever runs the stack, checked as those of Entra are.

`python -m devhost.stack.issuer` serves it on the loopback interface. Its signing key is made at the
start and lives in memory only. Who knows the secret that the stack was started with gets tokens.
"""

import argparse
import getpass
import hmac
import json
import os
import secrets
import sys
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

from devhost.stack.browsers import Authorization, cors_headers
from devhost.stack.codes import Codes
from devhost.stack.signin import API_SCOPES, AUDIENCE, CLIENT_ID, SCOPE, SECRET_VARIABLE, TENANT

LIFETIME_SECONDS = 3600
DEFAULT_ROLES = ("BatchPoint.Contributor",)
_NAMES = uuid.UUID("6f1d7a1e-52c4-4a55-9b5c-7f0a3b9d2c11")


@dataclass
class LocalIssuer:
    """Publishes keys and metadata, and issues tokens.

    Attributes:
        url: Where it answers, without a slash at the end.
        secret: What asks for tokens has to know.
    """

    url: str
    secret: str = field(repr=False)
    key: RSAPrivateKey = field(
        default_factory=lambda: generate_private_key(65537, 2048), repr=False
    )
    key_id: str = field(default_factory=lambda: secrets.token_hex(8))

    def metadata(self) -> dict[str, Any]:
        """Entra's counterpart at the same place."""
        base = f"{self.url}/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "id_token_signing_alg_values_supported": ["RS256"],
            "subject_types_supported": ["pairwise"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "none"],
            "scopes_supported": sorted(API_SCOPES),
        }

    def keys(self) -> dict[str, Any]:
        """The public key."""
        public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}

    def token(self, user: str, roles: tuple[str, ...], client_id: str = CLIENT_ID) -> str:
        """An access token of a user for the app of this stack."""
        now = int(time.time())
        claims = {
            "aud": AUDIENCE,
            "iss": f"{self.url}/{TENANT}/v2.0",
            "tid": TENANT,
            "ver": "2.0",
            "iat": now,
            "nbf": now,
            "exp": now + LIFETIME_SECONDS,
            "oid": str(uuid.uuid5(_NAMES, user)),
            "sub": secrets.token_urlsafe(24),
            "azp": client_id,
            "scp": SCOPE,
            "preferred_username": user,
            "roles": list(roles),
        }
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.key_id})


def make_app(issuer: LocalIssuer) -> web.Application:
    """The issuer as a web application."""
    app = web.Application(middlewares=[_only_by_its_name(issuer.url)], client_max_size=16 * 1024)
    codes = Codes()
    authorization = Authorization(codes, issuer.secret)

    async def metadata(_: web.Request) -> web.Response:
        return web.json_response(issuer.metadata())

    async def keys(_: web.Request) -> web.Response:
        return web.json_response(issuer.keys())

    async def token(request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if form.get("grant_type") == "authorization_code":
            return _redeem(issuer, codes, form)
        return _issue(issuer, form)

    async def preflight(_: web.Request) -> web.Response:
        return web.Response(status=204)

    for version in ("", "v2.0/"):
        app.router.add_get(f"/{TENANT}/{version}.well-known/openid-configuration", metadata)
    app.router.add_get(f"/{TENANT}/discovery/v2.0/keys", keys)
    app.router.add_post(f"/{TENANT}/oauth2/v2.0/token", token)
    app.router.add_options(f"/{TENANT}/oauth2/v2.0/token", preflight)
    for method in ("GET", "POST"):
        app.router.add_route(method, f"/{TENANT}/oauth2/v2.0/authorize", authorization.answer)
    return app


def _issue(issuer: LocalIssuer, form: dict[str, str]) -> web.Response:
    if form.get("grant_type") != "client_credentials":
        known = "client_credentials or authorization_code"
        return _refused("unsupported_grant_type", f"grant_type must be {known}")
    if form.get("scope") != f"{AUDIENCE}/.default":
        return _refused("invalid_scope", f"scope must be {AUDIENCE}/.default")
    given = form.get("client_secret", "").encode()
    if not hmac.compare_digest(given, issuer.secret.encode()):
        return _refused("invalid_client", "client_secret is not the one of this stack", 401)
    roles = tuple(form["roles"].split()) if "roles" in form else DEFAULT_ROLES
    return _granted(issuer.token(form.get("username") or getpass.getuser(), roles))


def _redeem(issuer: LocalIssuer, codes: Codes, form: dict[str, str]) -> web.Response:
    client_id = form.get("client_id", "")
    parts = (form.get(name, "") for name in ("redirect_uri", "code_verifier"))
    if not codes.redeem(form.get("code", ""), client_id, *parts):
        text = "the code was used, is over a minute old, or is not this page's; sign in again"
        return _refused("invalid_grant", text)
    return _granted(issuer.token(getpass.getuser(), DEFAULT_ROLES, client_id))


def _granted(token: str) -> web.Response:
    answer = {"token_type": "Bearer", "expires_in": LIFETIME_SECONDS, "access_token": token}
    return web.json_response(answer, headers={"Cache-Control": "no-store"})


def _refused(code: str, description: str, status: int = 400) -> web.Response:
    return web.json_response({"error": code, "error_description": description}, status=status)


def _only_by_its_name(url: str) -> Any:  # noqa: ANN401 - of a type that aiohttp does not export
    """Refuses requests under another name, by which a page of the web might reach this port.

    Pages of the app, which are of another origin, may read what it answers.
    """
    own = url.removeprefix("http://")

    @web.middleware
    async def check(request: web.Request, handler: Any) -> web.StreamResponse:  # noqa: ANN401
        if request.host != own:
            return web.Response(status=421)
        answer: web.StreamResponse = await handler(request)
        if not request.path.endswith("/authorize"):
            answer.headers.update(cors_headers(request))
        return answer

    return check


def main() -> None:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser("python -m devhost.stack.issuer", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    secret = os.environ.pop(SECRET_VARIABLE, "")
    if not secret:
        sys.exit(f"{SECRET_VARIABLE} must hold the secret for which it issues tokens")
    issuer = LocalIssuer(f"http://127.0.0.1:{port}", secret)
    web.run_app(make_app(issuer), host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main()
