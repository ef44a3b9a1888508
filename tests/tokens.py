"""An issuer of tokens in this process: what Entra does, with keys that tests hold."""

import base64
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.errors import UnavailableError
from shared.principal import Role
from shared.signin.settings import SignInSettings

AUTHORITY = "https://login.test"
TENANT = "11111111-2222-4333-8444-555555555555"
OTHER_TENANT = "99999999-2222-4333-8444-555555555555"
AUDIENCE = "api://batchpoint"
CLIENT_ID = "77777777-2222-4333-8444-555555555555"
SETTINGS = SignInSettings((TENANT,), (AUDIENCE, CLIENT_ID), AUTHORITY)
Claims = dict[str, Any]


@cache
def private_key(name: str) -> RSAPrivateKey:
    """A key that is made once; making one takes a tenth of a second."""
    del name
    return generate_private_key(65537, 2048)


class Issuer:
    """Publishes metadata and keys, and signs what it is asked to.

    Attributes:
        published: Ids of the keys that it publishes; the first one signs.
        reads: The documents that were asked for.
        is_up: Whether it answers.
    """

    def __init__(self, tenant: str = TENANT) -> None:
        self.tenant = tenant
        self.published = ["one"]
        self.reads: list[str] = []
        self.is_up = True

    def fetch(self, url: str) -> Mapping[str, Any]:
        self.reads.append(url)
        path = url.removeprefix(f"{AUTHORITY}/{self.tenant}/")
        documents = {
            "v2.0/.well-known/openid-configuration": self._metadata(self.issuer(2)),
            ".well-known/openid-configuration": self._metadata(self.issuer(1)),
            "keys": {"keys": [public_jwk(name) for name in self.published]},
        }
        if not self.is_up or path not in documents:
            raise UnavailableError(f"nothing answers at {url}")
        return documents[path]

    def issuer(self, version: int) -> str:
        if version == 1:
            return f"https://sts.windows.net/{self.tenant}/"
        return f"{AUTHORITY}/{self.tenant}/v2.0"

    def _metadata(self, issuer: str) -> Claims:
        return {"issuer": issuer, "jwks_uri": f"{AUTHORITY}/{self.tenant}/keys"}

    def user(self, *roles: str, version: int = 2, **changes: Any) -> str:
        """A token of a user, through an application that may act for them."""
        person = {"oid": "user-1", "sub": "pairwise", "scp": "openid user_impersonation"}
        named = {"preferred_username": "ada@example.com"} if version == 2 else {"upn": "ada@e.com"}
        return self.sign(self._claims(version, roles) | person | named | changes)

    def application(self, *roles: str, version: int = 2, **changes: Any) -> str:
        """A token of an application itself."""
        client = {"azp": "client-1"} if version == 2 else {"appid": "client-1"}
        return self.sign(
            self._claims(version, roles) | {"oid": "app-1", "sub": "app-1"} | client | changes
        )

    def _claims(self, version: int, roles: tuple[str, ...]) -> Claims:
        now = int(time.time())
        return {
            "aud": CLIENT_ID if version == 2 else AUDIENCE,
            "iss": self.issuer(version),
            "tid": self.tenant,
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "ver": f"{version}.0",
            "roles": list(roles),
        }

    def sign(self, claims: Claims, key: str | None = None, **header: Any) -> str:
        """Signs claims; those that are None are left out."""
        key = key or self.published[0]
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, private_key(key), algorithm="RS256", headers={"kid": key, **header})


def public_jwk(name: str, **changes: Any) -> Claims:
    document: Claims = json.loads(
        jwt.algorithms.RSAAlgorithm.to_jwk(private_key(name).public_key())
    )
    return document | {"kid": name, "use": "sig"} | changes


def encoded(part: object) -> str:
    """A part of a token, as it is written."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


@cache
def shared_issuer() -> Issuer:
    return Issuer()


@cache
def token_of(role: Role, user: str = "user-1") -> str:
    """A token that holds for an hour, the same one each time."""
    return shared_issuer().user(role, oid=user, preferred_username=f"{user}@example.com")


def public_pem(name: str) -> bytes:
    return (
        private_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
