"""Reads the identity header that App Service Authentication sets on requests it has let through.

https://learn.microsoft.com/azure/app-service/configure-authentication-user-identities
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any, cast

from shared.errors import UnauthenticatedError
from shared.principal import Principal
from shared.signin.claims import read_principal

HEADER = "X-MS-CLIENT-PRINCIPAL"
_SHORT = {
    "http://schemas.microsoft.com/identity/claims/objectidentifier": "oid",
    "http://schemas.microsoft.com/identity/claims/tenantid": "tid",
    "http://schemas.microsoft.com/identity/claims/scope": "scp",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/role": "roles",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": "sub",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name": "name",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "upn",
}


def read_header(value: str, tenants: Sequence[str], scope: str) -> Principal:
    """Tells who the platform has signed in.

    The platform has checked the token that it makes this header of; the tenant is checked again,
    since a registration may be open to many.

    Args:
        value: Base64 of JSON.
        tenants: Ids of those that may call.
        scope: What a user's token must have been issued for.

    Raises:
        UnauthenticatedError: It cannot be read, or is of another tenant.
    """
    claims = _claims(value)
    tenant = claims.get("tid")
    if not isinstance(tenant, str) or tenant.lower() not in tenants:
        raise UnauthenticatedError("the caller is of a tenant that this app does not serve")
    # A user that the platform's own sign-in page has signed in brings no scope: the page is ours.
    return read_principal({"scp": scope, **claims} if _is_user(claims) else claims, scope)


def _is_user(claims: dict[str, Any]) -> bool:
    return "azp" not in claims and "appid" not in claims and claims.get("idtyp") != "app"


def _claims(value: str) -> dict[str, Any]:
    try:
        document: Any = json.loads(base64.b64decode(value, validate=True))
        listed = cast("list[dict[str, str]]", document["claims"])
        pairs = [(str(item["typ"]), str(item["val"])) for item in listed]
    except (binascii.Error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnauthenticatedError(f"the header {HEADER} cannot be read") from error
    claims: dict[str, Any] = {}
    for kind, text in pairs:
        name = _SHORT.get(kind, kind)
        if name == "roles":
            claims.setdefault("roles", []).append(text)
        elif claims.setdefault(name, text) != text:
            raise UnauthenticatedError(f"the header {HEADER} says two things about '{name}'")
    return claims
