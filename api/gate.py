"""Lets a request in only if its caller may do what the route does."""

import logging
from contextvars import ContextVar
from typing import Protocol

import azure.functions as func

from shared.errors import ForbiddenError, UnauthenticatedError, UnavailableError
from shared.principal import Principal, Role
from shared.signin.callers import Callers
from shared.signin.settings import NOT_CONFIGURED, SignInSettings
from shared.signin.tokens import TokenVerifier

logger = logging.getLogger(__name__)

_caller: ContextVar[Principal] = ContextVar("caller")


class Gate(Protocol):
    """Check that runs before every route."""

    def identify(self, req: func.HttpRequest, role: Role | None) -> Principal | None:
        """Tells who calls, None on a route that is open to everybody (its role is None).

        Raises:
            UnauthenticatedError: Nobody that can be believed.
            UnavailableError: The app cannot check, or serves nobody.
        """
        ...


class SignInGate:
    """Asks for a token, and for the route's role in it."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers

    def identify(self, req: func.HttpRequest, role: Role | None) -> Principal | None:
        """Tells who calls, where that matters."""
        return None if role is None else self._callers.identify(req.headers)


class ClosedGate:
    """Lets nobody in, and says why."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def identify(self, req: func.HttpRequest, role: Role | None) -> Principal | None:
        """Takes nobody for anybody."""
        del req, role
        raise UnavailableError(self._reason, code="SignInNotConfigured")


def make_gate(sign_in: SignInSettings | None) -> Gate:
    """Makes the gate that the app is configured with; a closed one where it is with none."""
    if sign_in is None:
        logger.error("%s", NOT_CONFIGURED)
        return ClosedGate(NOT_CONFIGURED)
    return SignInGate(Callers(sign_in, TokenVerifier(sign_in)))


def check_role(principal: Principal | None, role: Role | None) -> None:
    """Raises ForbiddenError where a caller lacks the role that a route takes."""
    if role is None or (principal is not None and principal.may(role)):
        return
    name = "nobody" if principal is None else principal.name
    raise ForbiddenError(
        f"'{name}' needs the role {role}; an administrator of the tenant grants it in the "
        "enterprise application of this app",
        code="RoleMissing",
    )


def enter(principal: Principal | None) -> None:
    """Notes who calls, for the handler that runs next in this context."""
    if principal is not None:
        _caller.set(principal)


def caller() -> Principal:
    """Caller of the request that is being handled.

    Raises:
        UnauthenticatedError: The route is open to everybody, and asks nobody.
    """
    try:
        return _caller.get()
    except LookupError as error:
        raise UnauthenticatedError("this needs somebody who is signed in") from error
