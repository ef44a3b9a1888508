"""Checks bearer tokens of Microsoft Entra ID, of versions 1 and 2."""

from collections.abc import Mapping
from typing import Any

import jwt
from jwt import PyJWK
from jwt.exceptions import (
    ExpiredSignatureError,
    ImmatureSignatureError,
    InvalidAudienceError,
    InvalidSignatureError,
    MissingRequiredClaimError,
    PyJWTError,
)

from shared.errors import UnauthenticatedError
from shared.principal import Principal
from shared.signin.claims import read_principal
from shared.signin.keys import Fetch, IssuerKeys, fetch_json
from shared.signin.settings import SignInSettings

ALGORITHM = "RS256"
"""The one that Entra signs with. What a token says of itself only has to agree."""
LEEWAY_SECONDS = 60
_MAX_CHARACTERS = 16 * 1024
_METADATA = ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration")
_REASONS: dict[type[PyJWTError], str] = {
    ExpiredSignatureError: "the token has expired; get a new one",
    ImmatureSignatureError: "the token is not valid yet; is a clock wrong?",
    InvalidAudienceError: "the token is for somebody else: its audience is not this app",
    InvalidSignatureError: "the token's signature does not hold",
}


class TokenVerifier:
    """Says whose a token is; safe for use by several threads."""

    def __init__(self, settings: SignInSettings, fetch: Fetch = fetch_json) -> None:
        """Takes whose tokens count, and what reads an issuer's documents."""
        self._settings = settings
        self._issuers = {
            tenant: [
                IssuerKeys(f"{settings.authority}/{tenant}/{path}", fetch) for path in _METADATA
            ]
            for tenant in settings.tenants
        }

    def verify(self, token: str) -> Principal:
        """Checks signature, issuer, tenant, audience and times of a token.

        Raises:
            UnauthenticatedError: The token does not hold; the message says why.
            UnavailableError: The issuer's keys cannot be read.
        """
        if len(token) > _MAX_CHARACTERS:
            raise UnauthenticatedError("the token is too long")
        try:
            header = jwt.get_unverified_header(token)
            unverified: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        except (PyJWTError, ValueError, RecursionError) as error:
            raise UnauthenticatedError("the token is no JSON Web Token") from error
        issuer = self._issuer(unverified)
        claims = self._checked(token, _key(header, issuer), issuer.issuer())
        return read_principal(claims, self._settings.scope)

    def _issuer(self, unverified: Mapping[str, Any]) -> IssuerKeys:
        """Returns the issuer whose keys check a token.

        A token with a false issuer fails the check.
        """
        tenant = unverified.get("tid")
        issuers = self._issuers.get(tenant.lower()) if isinstance(tenant, str) else None
        if issuers is None:
            raise UnauthenticatedError("the token is of a tenant that this app does not serve")
        for issuer in issuers:
            if issuer.issuer() == unverified.get("iss"):
                return issuer
        raise UnauthenticatedError("the token's issuer is not its tenant's")

    def _checked(self, token: str, key: PyJWK, issuer: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=self._settings.audiences,
                issuer=issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "nbf", "iss", "aud", "tid"]},
            )
        except MissingRequiredClaimError as error:
            raise UnauthenticatedError(f"the token lacks '{error.claim}'") from error
        except (PyJWTError, ValueError) as error:
            known = (text for kind, text in _REASONS.items() if isinstance(error, kind))
            reason = next(known, "the token does not hold")
            raise UnauthenticatedError(reason) from error


def _key(header: Mapping[str, Any], issuer: IssuerKeys) -> PyJWK:
    if header.get("alg") != ALGORITHM:
        raise UnauthenticatedError(f"the token is not signed with {ALGORITHM}")
    if "crit" in header:
        raise UnauthenticatedError("the token wants extensions that this app does not know")
    key_id = header.get("kid")
    key = issuer.find(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise UnauthenticatedError("the token is signed with a key that its issuer does not have")
    return key
