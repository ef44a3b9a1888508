"""Access tokens: of Microsoft Entra ID, or made here for a local stack, which checks none."""

import base64
import binascii
import ipaddress
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject

DEFAULT_RESOURCE = "https://management.azure.com"
LOCAL_LIFETIME = 3600


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


def is_local(url: str) -> bool:
    """Whether a service's address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def local_token(now: float) -> Token:
    """A token that means nothing, for scripts that send one to whatever service they talk to."""
    return Token(f"local-{secrets.token_urlsafe(32)}", int(now) + LOCAL_LIFETIME, "local")


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
    local = token.tenant == "local"
    return {
        "accessToken": token.value,
        "expiresOn": ends.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "expires_on": token.expires_on,
        "subscription": "local" if local else environment.get("AZURE_SUBSCRIPTION_ID"),
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
