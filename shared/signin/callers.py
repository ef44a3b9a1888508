"""Finds the caller of a request: a token's bearer, or the platform's user."""

import re
from collections.abc import Mapping

from shared.errors import UnauthenticatedError
from shared.principal import Principal
from shared.signin.app_service import HEADER, read_header
from shared.signin.settings import SignInSettings
from shared.signin.tokens import TokenVerifier

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)


class Callers:
    """Reads the caller of each request."""

    def __init__(self, settings: SignInSettings, tokens: TokenVerifier) -> None:
        self._settings = settings
        self._tokens = tokens

    def identify(self, headers: Mapping[str, str]) -> Principal:
        """Tells who calls.

        A token is checked wherever there is one, so that a header cannot stand in for a bad one.

        Args:
            headers: Of the request, found in any case.

        Raises:
            UnauthenticatedError: Nobody, or nobody that can be believed.
            UnavailableError: Tokens cannot be checked now.
        """
        authorization = headers.get("Authorization")
        if authorization:
            found = _BEARER.fullmatch(authorization.strip())
            if found is None:
                raise UnauthenticatedError("the Authorization header must be 'Bearer TOKEN'")
            return self._tokens.verify(found[1])
        header = headers.get(HEADER) if self._settings.trust_app_service else None
        if header:
            return read_header(header, self._settings.tenants, self._settings.scope)
        raise UnauthenticatedError(
            "sign in first: send a token of Microsoft Entra ID as 'Authorization: Bearer TOKEN' "
            "(batchpoint account get-access-token prints one)"
        )
