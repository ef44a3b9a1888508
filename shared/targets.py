"""Names the fields of a draft in errors as the request does that the draft was read from."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Targets:
    """Names of a draft's fields in errors; a draft that no caller sent needs none.

    Attributes:
        at: Path of the draft within the request; empty if it is the whole of it.
        names: Fields that the request calls otherwise, such as `settings.timeout`, to their paths
            below `at`.
    """

    at: str = ""
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def of(self, name: str) -> str:
        """Returns the path of a field in the request."""
        path = self.names.get(name, name)
        return f"{self.at}.{path}" if self.at else path
