"""Settings of sign-in: the trusted tenants, the app's own names, the authority."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from shared.errors import ErrorDetail, InvalidError

ENTRA = "https://login.microsoftonline.com"
TENANTS = "BATCHPOINT_SIGN_IN_TENANTS"
AUDIENCES = "BATCHPOINT_SIGN_IN_AUDIENCES"
AUTHORITY = "BATCHPOINT_SIGN_IN_AUTHORITY"
SCOPE = "BATCHPOINT_SIGN_IN_SCOPE"
CLIENT_ID = "BATCHPOINT_SIGN_IN_CLIENT_ID"
TRUST = "BATCHPOINT_TRUST_APP_SERVICE_AUTH"
NOT_CONFIGURED = (
    f"this app serves nobody, because sign-in is not configured: set {TENANTS} to the id of your "
    f"Microsoft Entra tenant and {AUDIENCES} to the application id URI or client id of this app's "
    "registration"
)
_TENANT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class BrowserSignIn:
    """Sign-in settings of a page: an issuer, its client id there, and the scopes to ask for."""

    authority: str
    client_id: str
    scope: str


@dataclass(frozen=True)
class SignInSettings:
    """Trusted issuers.

    Attributes:
        tenants: Ids of the directories whose users and applications may call, in lower case.
        audiences: What tokens for this app name as `aud`: its application id URI, its client id.
        authority: Where each tenant's OpenID metadata are, without a trailing slash.
        scope: What the `scp` of a user's token must have.
        client_id: Under which pages sign in; empty where they cannot.
        trust_app_service: Whether the identity header of App Service Authentication counts.
    """

    tenants: tuple[str, ...]
    audiences: tuple[str, ...]
    authority: str = ENTRA
    scope: str = "user_impersonation"
    client_id: str = ""
    trust_app_service: bool = False

    @property
    def browser(self) -> BrowserSignIn | None:
        """Sign-in settings of pages, for the first of the tenants; None if no client id is set."""
        if not self.client_id:
            return None
        authority = f"{self.authority}/{self.tenants[0]}/v2.0"
        return BrowserSignIn(authority, self.client_id, f"{self.audiences[0]}/{self.scope}")

    @staticmethod
    def from_env(environ: Mapping[str, str]) -> "SignInSettings | None":
        """Reads the settings; None where sign-in is not configured at all.

        Raises:
            InvalidError: With one detail for each setting that is missing or wrong.
        """
        settings = SignInSettings(
            tenants=_listed(environ.get(TENANTS, "").lower()),
            audiences=_listed(environ.get(AUDIENCES, "")),
            authority=(environ.get(AUTHORITY, "").strip() or ENTRA).rstrip("/"),
            scope=environ.get(SCOPE, "").strip() or "user_impersonation",
            client_id=environ.get(CLIENT_ID, "").strip(),
            trust_app_service=environ.get(TRUST, "").strip().lower() == "true",
        )
        # Both are always looked for, so that the test of the documentation sees them.
        in_azure = runs_in_azure(environ)
        authenticated = environ.get("WEBSITE_AUTH_ENABLED", "").lower() == "true"
        problems = [
            *_problems(settings, in_azure=in_azure),
            *_trust_problems(environ.get(TRUST, "").strip().lower(), authenticated=authenticated),
        ]
        if problems:
            summary = " ".join(f"{problem.target}: {problem.message}" for problem in problems)
            raise InvalidError(f"sign-in cannot be configured so. {summary}", details=problems)
        return settings if settings.tenants else None


def runs_in_azure(environ: Mapping[str, str]) -> bool:
    """True if the app runs on the platform, which sets these."""
    return bool(environ.get("WEBSITE_INSTANCE_ID")) or bool(environ.get("WEBSITE_SITE_NAME"))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def _problems(settings: SignInSettings, *, in_azure: bool) -> list[ErrorDetail]:
    problems: list[ErrorDetail] = []
    if bool(settings.tenants) != bool(settings.audiences):
        missing = AUDIENCES if settings.tenants else TENANTS
        problems.append(ErrorDetail("is missing; sign-in needs both, or neither.", missing))
    if not all(_TENANT.fullmatch(tenant) for tenant in settings.tenants):
        message = "takes ids of tenants (GUIDs) with ',' between; 'common' is not one."
        problems.append(ErrorDetail(message, TENANTS))
    if not is_trustworthy(settings.authority):
        message = "must be an https:// URL (http:// for a local issuer on 127.0.0.1 alone)."
        problems.append(ErrorDetail(message, AUTHORITY))
    elif in_azure and not settings.authority.startswith("https:"):
        problems.append(ErrorDetail("must be an https:// URL in Azure.", AUTHORITY))
    return problems


def _trust_problems(text: str, *, authenticated: bool) -> list[ErrorDetail]:
    if text not in ("", "true", "false"):
        return [ErrorDetail("must be true or false.", TRUST)]
    if text == "true" and not authenticated:
        message = (
            "is true, but App Service Authentication is off (WEBSITE_AUTH_ENABLED is not True): "
            "anybody could send the header. Turn it on, or leave this out."
        )
        return [ErrorDetail(message, TRUST)]
    return []


def is_trustworthy(url: str) -> bool:
    """True if what a URL answers cannot be changed on its way: https, or this very machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or port == 0 or parts.username or parts.query or parts.fragment:
        return False
    is_here = parts.scheme == "http" and parts.hostname in _LOOPBACK
    return parts.scheme == "https" or is_here
