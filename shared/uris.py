"""URIs of places in datastores, in the forms that users of Azure ML write."""

import re
from dataclasses import dataclass
from functools import lru_cache

from shared.errors import InvalidError

# Line separators and what turns the direction of text make a name look like another.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
DEFAULT_DATASTORE = "workspaceblobstore"
INBOX_DATASTORE = "inbox"
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
    """True if the URI names a place in a datastore (rather than a web address)."""
    return uri.startswith("azureml:")


def is_web_url(uri: str) -> bool:
    """True if the URI is a web address."""
    return uri.lower().startswith(("http://", "https://"))


def query_of(uri: str) -> str:
    """The query of a web address, which may sign it; empty where there is none."""
    return uri.partition("?")[2] if is_web_url(uri) else ""


def with_query(uri: str, query: str) -> str:
    """A web address with another query, or with none."""
    address = uri.partition("?")[0]
    return f"{address}?{query}" if query else address


def shown_uri(uri: str) -> str:
    """A URI as it may be shown: of a web address's query the names alone."""
    query = query_of(uri)
    if not query:
        return uri
    return with_query(uri, "&".join(f"{part.partition('=')[0]}=***" for part in query.split("&")))


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


def file_path(path: str, *, target: str | None = None) -> str:
    """Checks the relative path of a file that is to be uploaded.

    Raises:
        InvalidError: It is absolute, names a folder or nothing, or is no plain relative path.
    """
    if path.startswith("/") or path[1:2] == ":":
        raise InvalidError(
            f"{path[:200]!r} is an absolute path; write the path within the upload", target=target
        )
    if path.endswith("/"):
        raise InvalidError(f"{path[:200]!r} is a folder; name the files in it", target=target)
    if any(len(part.encode("utf-8", "surrogatepass")) > 255 for part in path.split("/")):
        raise InvalidError(
            "a name in a path must not take more than 255 bytes, as no disk could hold it",
            target=target,
        )
    return normal_path(path, target=target)


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
    if _UNPRINTABLE.search(path):
        raise InvalidError("a path must not hold control characters", target=target)
    if len(trimmed) > 900:
        raise InvalidError("a path must not be longer than 900 characters", target=target)
    return trimmed
