"""Meaning of a file that lands in the inbox: its endpoint, and its job.

Files lie at `ENDPOINT/FILE`, or in folders, `ENDPOINT/FOLDER/…/FILE`. A folder is scored once a
marker lands in it: `_SUCCESS` stands for all files below, `_manifest.json` for those that it lists.
Names that start with a dot or an underscore are never input, as with Hadoop and Spark.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from shared.errors import InvalidError
from shared.principal import Principal, PrincipalKind, Role
from shared.uris import normal_path

OWNER = Principal(
    id="inbox",
    tenant="batchpoint",
    name="inbox",
    kind=PrincipalKind.APPLICATION,
    roles=frozenset({Role.INVOKER}),
)
"""Who makes the jobs of files that land: nobody's token names this tenant."""

_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{1,253}[a-zA-Z0-9]")


class MarkerKind(StrEnum):
    """Marker that a folder is complete."""

    SUCCESS = "_SUCCESS"
    MANIFEST = "_manifest.json"


@dataclass(frozen=True)
class InboxPath:
    """Place of a file in the inbox.

    Attributes:
        endpoint: The endpoint's name as it is written in the path.
        folder: The file's folder below the endpoint's, empty for a loose file.
        file: The file's own name.
    """

    endpoint: str
    folder: str
    file: str

    @property
    def name(self) -> str:
        """The path below the endpoint's folder."""
        return f"{self.folder}/{self.file}" if self.folder else self.file

    @property
    def marker(self) -> MarkerKind | None:
        """Kind of marker that the file is; None if it is none."""
        return next((kind for kind in MarkerKind if kind.value == self.file), None)

    @property
    def is_input(self) -> bool:
        """True if the file is there to be scored."""
        return not any(part.startswith((".", "_")) for part in self.name.split("/"))

    @staticmethod
    def parse(blob: str) -> "InboxPath | None":
        """Reads a blob's name; None for one that lies in no endpoint's folder."""
        endpoint, _, rest = blob.partition("/")
        folder, _, file = rest.rpartition("/")
        return InboxPath(endpoint, folder, file) if _NAME.fullmatch(endpoint) and file else None


@dataclass(frozen=True)
class Arrival:
    """A version of a file that landed.

    Attributes:
        name: Its path below the endpoint's folder.
        size: In bytes.
        etag: Which version it is.
        at: When it was seen.
    """

    name: str
    size: int
    etag: str
    at: datetime

    @property
    def folder(self) -> str:
        """Its folder below the endpoint's; empty for a loose file."""
        return self.name.rpartition("/")[0]

    @property
    def key(self) -> str:
        """Tells this version of this file from all others."""
        return hashlib.sha256(f"{self.name}\0{self.etag}".encode()).hexdigest()


@dataclass(frozen=True)
class Marker:
    """A marker that landed in a folder; the folder is empty for the endpoint's own."""

    folder: str
    kind: MarkerKind
    at: datetime


def is_below(name: str, folder: str) -> bool:
    """True if a marker in the folder stands for the file.

    One in the endpoint's own folder stands for the loose files alone: each other folder waits for
    its own marker.
    """
    return name.startswith(f"{folder}/") if folder else "/" not in name


def read_manifest(content: bytes, folder: str) -> frozenset[str]:
    """Reads which files a manifest lists, as paths below the endpoint's folder.

    Raises:
        InvalidError: It is not `{"files": ["NAME", …]}`, or a name leads out of the folder.
    """
    expected = '_manifest.json must be {"files": ["NAME", …]}, names relative to its folder'
    try:
        document = cast("object", json.loads(content))
    except ValueError as error:
        raise InvalidError(f"{expected}; it is not JSON: {error}") from error
    listed = cast("dict[str, Any]", document).get("files") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise InvalidError(expected)
    names = cast("list[object]", listed)
    if not all(isinstance(name, str) and name for name in names):
        raise InvalidError(expected)
    prefix = f"{folder}/" if folder else ""
    return frozenset(prefix + normal_path(str(name), target="files") for name in names)
