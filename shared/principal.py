"""Caller of a request, and the caller's roles."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Roles in a token, each one including those before it."""

    READER = "BatchPoint.Reader"
    INVOKER = "BatchPoint.Invoker"
    CONTRIBUTOR = "BatchPoint.Contributor"

    def includes(self, other: "Role") -> bool:
        """True if who has this role may do what the other one allows."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class PrincipalKind(StrEnum):
    """Kind of caller."""

    USER = "user"
    APPLICATION = "application"


@dataclass(frozen=True)
class Creator:
    """Creator of something, as stored with it.

    Attributes:
        id: The object id in the directory.
        tenant: The directory.
        name: For people to read; it proves nothing.
        kind: A user or an application.
    """

    id: str
    tenant: str
    name: str
    kind: PrincipalKind

    def as_principal(self) -> "Principal":
        """Returns the creator as the caller of later work; without roles."""
        return Principal(self.id, self.tenant, self.name, self.kind)


@dataclass(frozen=True)
class Principal:
    """A caller whose token was checked.

    Attributes:
        id: The object id in the directory.
        tenant: The directory.
        name: For people to read; it proves nothing.
        kind: A user or an application.
        roles: What the directory's administrator granted.
    """

    id: str
    tenant: str
    name: str
    kind: PrincipalKind
    roles: frozenset[Role] = field(default_factory=frozenset[Role])

    def may(self, role: Role) -> bool:
        """True if one of its roles is the given one or includes it."""
        return any(own.includes(role) for own in self.roles)

    def made(self, creator: Creator | None) -> bool:
        """True if this is who made something."""
        return creator is not None and (creator.tenant, creator.id) == (self.tenant, self.id)

    def as_creator(self) -> Creator:
        """Returns the creator as it is stored with the things that this caller makes."""
        return Creator(self.id, self.tenant, self.name, self.kind)
