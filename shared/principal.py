"""Who calls, and what that caller may do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a token's `roles` may say, each one including those before it."""

    READER = "BatchPoint.Reader"
    INVOKER = "BatchPoint.Invoker"
    CONTRIBUTOR = "BatchPoint.Contributor"

    def includes(self, other: "Role") -> bool:
        """Whether who has this role may do what the other one allows."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class PrincipalKind(StrEnum):
    """What sort of caller it is."""

    USER = "user"
    APPLICATION = "application"


@dataclass(frozen=True)
class Creator:
    """Who made something, as it is kept with it.

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
        """Who made something as the caller of what goes on from there; with no roles."""
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
        """Whether one of its roles is the given one or includes it."""
        return any(own.includes(role) for own in self.roles)

    def made(self, creator: Creator | None) -> bool:
        """Whether this is who made something."""
        return creator is not None and (creator.tenant, creator.id) == (self.tenant, self.id)

    def as_creator(self) -> Creator:
        """What is kept with what this caller makes."""
        return Creator(self.id, self.tenant, self.name, self.kind)
