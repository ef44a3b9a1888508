"""Access tokens: of Microsoft Entra ID, or of a local stack's own issuer."""

import base64
import binascii
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import httpx

from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject
from batchpoint.stacks import LocalSignIn

SPARE_SECONDS = 300.0
"""A token with less left to live than that is not used any more."""


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        value: What goes behind `Bearer`.
        expires_on: When it ends, in seconds since 1970.
        tenant: Whose directory has issued it, where that is known.
    """

    value: str
    expires_on: int
    tenant: str | None

    def __repr__(self) -> str:
        return f"Token(expires_on={self.expires_on})"


class TokenSource:
    """Gives a token for each request, a new one when the last is about to end.

    Safe for use by several threads.

    Args:
        fetch: Gets a new one.
        now: Seconds since 1970.
    """

    def __init__(self, fetch: Callable[[], Token], now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._now = now
        self._lock = threading.Lock()
        self._token: Token | None = None

    def __call__(self) -> str:
        """A token that holds for some minutes more."""
        with self._lock:
            if self._token is None or self._token.expires_on - self._now() < SPARE_SECONDS:
                self._token = self._fetch()
            return self._token.value

    def forget(self, value: str) -> None:
        """Gives up a token that was refused, if it is still the current one."""
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None


def local_token(sign_in: LocalSignIn, now: float) -> Token:
    """A token of a local stack's own issuer.

    Args:
        sign_in: How it gives them.
        now: Seconds since 1970.

    Raises:
        BatchpointError: It gives none.
    """
    form = {
        "grant_type": "client_credentials",
        "client_id": sign_in.client_id,
        "client_secret": sign_in.client_secret,
        "scope": sign_in.scope,
    }
    try:
        with httpx.Client(timeout=10.0, trust_env=False) as http:
            response = http.post(sign_in.token_url, data=form)
        response.raise_for_status()
        answer: Any = response.json()
        value, seconds = str(answer["access_token"]), int(answer["expires_in"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise BatchpointError(
            f"the local stack's issuer at {sign_in.token_url} gave no token "
            f"({type(error).__name__}); start the stack again: scripts/down, scripts/up"
        ) from error
    return Token(value, int(now) + seconds, _tenant(value))


def azure_token(resource: str) -> Token:
    """A token of whoever is signed in, found as `DefaultAzureCredential` finds it.

    Args:
        resource: What the token is for.

    Raises:
        BatchpointError: azure-identity is not installed, or nobody is signed in.
    """
    try:
        from azure.core.exceptions import ClientAuthenticationError  # noqa: PLC0415
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415
    except ImportError as error:
        raise BatchpointError(
            "signing in needs the package azure-identity: pip install 'batchpoint[azure]'"
        ) from error
    try:
        with DefaultAzureCredential() as credential:
            found = credential.get_token(f"{resource}/.default")
    except ClientAuthenticationError as error:
        reason = error.message.splitlines()[0]
        raise BatchpointError(f"no credential gave a token for '{resource}': {reason}") from error
    return Token(found.token, found.expires_on, _tenant(found.token))


def shown(token: Token, environment: Mapping[str, str]) -> JsonObject:
    """A token with the keys that `az account get-access-token` prints."""
    ends = datetime.fromtimestamp(token.expires_on)  # noqa: DTZ006 - az prints local time
    return {
        "accessToken": token.value,
        "expiresOn": ends.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": token.expires_on,
        "subscription": environment.get("AZURE_SUBSCRIPTION_ID"),
        "tenant": token.tenant or environment.get("AZURE_TENANT_ID"),
        "tokenType": "Bearer",
    }


def _tenant(token: str) -> str | None:
    """The tenant that a JSON Web Token names; it is shown only, and so not verified."""
    try:
        payload = token.split(".")[1]
        claims: Any = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return None
    tenant = cast("JsonObject", claims).get("tid") if isinstance(claims, dict) else None
    return tenant if isinstance(tenant, str) else None
