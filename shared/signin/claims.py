"""From the claims of a checked token, or of a trusted header, to a principal.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from collections.abc import Mapping
from typing import Any, cast

from shared.errors import UnauthenticatedError
from shared.principal import Principal, PrincipalKind, Role

Claims = Mapping[str, Any]
_USER_NAMES = ("preferred_username", "upn", "unique_name", "email", "name")
_APPLICATION_NAMES = ("app_displayname", "azp", "appid")
_MAX_NAME = 256


def read_principal(claims: Claims, scope: str) -> Principal:
    """Tells who a checked token is of.

    Args:
        claims: Of a token whose signature, issuer, audience and times hold.
        scope: What a user's token must have been issued for.

    Raises:
        UnauthenticatedError: It names nobody, or is no access token for this app.
    """
    kind = _kind(claims, scope)
    object_id = claims.get("oid") or claims.get("sub")
    if not isinstance(object_id, str) or not object_id:
        raise UnauthenticatedError("the token names nobody: it has neither 'oid' nor 'sub'")
    names = _USER_NAMES if kind is PrincipalKind.USER else _APPLICATION_NAMES
    found = (claims.get(name) for name in names)
    name = next((name for name in found if isinstance(name, str) and name), object_id)
    return Principal(
        object_id, str(claims["tid"]).lower(), name[:_MAX_NAME], kind, read_roles(claims)
    )


def read_roles(claims: Claims) -> frozenset[Role]:
    """The roles that a `roles` claim grants; those of other apps are left out."""
    value = claims.get("roles")
    given = cast("list[object]", value) if isinstance(value, list) else [value]
    return frozenset(role for role in Role if role.value in given)


def _kind(claims: Claims, scope: str) -> PrincipalKind:
    """A user, through an application that may act for them, or an application itself.

    An ID token has the same audience as a version 2 access token, and tells an application who its
    user is; it is no permission to call anybody.
    """
    scopes = claims.get("scp")
    if isinstance(scopes, str):
        if scope not in scopes.split():
            raise UnauthenticatedError(f"the token was not issued for the scope '{scope}'")
        return PrincipalKind.USER
    client = claims.get("azp") or claims.get("appid")
    is_itself = claims.get("oid") is not None and claims.get("oid") == claims.get("sub")
    if claims.get("idtyp") == "app" or (client and is_itself):
        return PrincipalKind.APPLICATION
    raise UnauthenticatedError("the token is no access token; get one for this app's own scope")
