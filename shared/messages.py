"""Messages between orchestrators and activities: dataclasses that travel as plain JSON."""

from dataclasses import dataclass
from typing import Any, Dict, Self  # noqa: UP035 - see Payload

# What an activity gets. The Functions worker indexes no function of which a parameter is annotated
# with the built-in generic `dict[str, Any]`: it takes only typing's aliases for types.
Payload = Dict[str, Any]  # noqa: UP006


@dataclass(frozen=True)
class Message:
    """Something that travels as JSON; its fields are plain values."""

    def payload(self) -> dict[str, Any]:
        """Returns the fields as a mapping, made cheaply: each replay asks for all of them again."""
        return dict(vars(self))

    @classmethod
    def read(cls, payload: Payload) -> Self:
        """Reads what `payload` made."""
        return cls(**payload)

    def repeated(self) -> Self:
        """Returns the work for a further call, after one that may have been carried out."""
        return self
