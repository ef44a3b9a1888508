"""URIs of places in datastores, in the forms that users of Azure ML write."""

import re
from dataclasses import dataclass
from functools import lru_cache

from shared.errors import InvalidError

DEFAULT_DATASTORE = "workspaceblobstore"
LONG_FORM = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resource[gG]roups/[^/]+/(?:providers/[^/]+/)?workspaces/[^/]+/)?"
    r"datastores/(?P<datastore>[^/]+)/paths(?:/(?P<path>.*))?"
)


@dataclass(frozen=True)
class DatastorePath:
    """A file or a folder in a datastore; `path` is relative and has no slash at its ends."""

    datastore: str
    path: str

    def __str__(self) -> str:
        return f"azureml://datastores/{self.datastore}/paths/{self.path}"

    def child(self, name: str) -> "DatastorePath":
        """The place of that name below this one."""
        return DatastorePath(self.datastore, f"{self.path}/{name}" if self.path else name)


def is_datastore_uri(uri: str) -> bool:
    """Whether the URI names a place in a datastore (rather than a web address)."""
    return uri.startswith("azureml:")


def is_web_url(uri: str) -> bool:
    """Whether the URI is a web address."""
    return uri.lower().startswith(("http://", "https://"))


@lru_cache(maxsize=1024)
def parse_datastore_uri(uri: str, *, target: str | None = None) -> DatastorePath:
    """Reads `azureml://datastores/NAME/paths/PATH`, also with a workspace before `datastores`.

    Args:
        uri: The URI as the user wrote it.
        target: Where it stands in the request, for the error.

    Raises:
        InvalidError: It is no such URI, or its path leaves the datastore.
    """
    match = LONG_FORM.fullmatch(uri)
    if match is None:
        raise InvalidError(
            f"'{uri}' does not name a place in a datastore; "
            "write azureml://datastores/NAME/paths/PATH",
            target=target,
        )
    return DatastorePath(match["datastore"], normal_path(match["path"] or "", target=target))


def normal_path(path: str, *, target: str | None = None) -> str:
    """Removes slashes at the ends of a relative path.

    Raises:
        InvalidError: The path could leave its folder, or holds control characters.
    """
    trimmed = path.strip("/")
    parts = trimmed.split("/") if trimmed else []
    if any(part in {"", ".", ".."} for part in parts) or "\\" in path:
        raise InvalidError(
            f"'{path}' is not a plain relative path; write names divided by single '/', "
            "without '.', '..' or '\\'",
            target=target,
        )
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        raise InvalidError("a path must not hold control characters", target=target)
    if len(trimmed) > 900:
        raise InvalidError("a path must not be longer than 900 characters", target=target)
    return trimmed
