"""Callers, as answers name them."""

from typing_extensions import TypedDict

from shared.principal import PrincipalKind


class Creator(TypedDict):
    """The user or application that made something."""

    id: str
    """The object id in the tenant."""
    tenant: str
    name: str
    kind: PrincipalKind
