"""Rules for the names of blobs and blocks, checked alike by every `BlobStore`.

https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
"""

import re
from collections.abc import Sequence

from shared.errors import InvalidError

MAX_NAME_CHARACTERS = 1024
MAX_BLOCKS = 50_000
MAX_BLOCK_ID_BYTES = 64
MAX_PAGE = 5000

_CONTAINER = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}|\$(?:root|web|logs)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def check_container(container: str) -> None:
    """Raises InvalidError unless a container can be called so."""
    if not _CONTAINER.fullmatch(container):
        raise InvalidError(
            f"{container!r} is not a container name: it takes 3 to 63 lower-case letters, digits "
            "and single hyphens, a letter or digit first and last.",
            target="container",
        )


def check_blob(container: str, name: str) -> None:
    """Raises InvalidError unless a blob can be called so and keeps exactly that name.

    HTTP clients and the service resolve `.` and `..` segments and turn a backslash into a slash,
    so that such a name would end up as another blob's.
    """
    check_container(container)
    if not 1 <= len(name) <= MAX_NAME_CHARACTERS:
        raise _refused(name, f"it takes 1 to {MAX_NAME_CHARACTERS:,} characters")
    if "\\" in name or _CONTROL.search(name):
        raise _refused(name, "backslashes and control characters cannot be stored")
    if not {".", ".."}.isdisjoint(name.split("/")):
        raise _refused(name, "'.' and '..' cannot stand between slashes")


def check_block_ids(block_ids: Sequence[str]) -> None:
    """Raises InvalidError unless these can be the blocks of one blob."""
    if len(block_ids) > MAX_BLOCKS:
        raise InvalidError(f"a blob is made of at most {MAX_BLOCKS:,} blocks")
    if len({len(block_id) for block_id in block_ids}) > 1:
        raise InvalidError("the block ids of a blob must be of equal length")
    for block_id in block_ids:
        if not block_id.isascii() or not 1 <= len(block_id) <= MAX_BLOCK_ID_BYTES:
            raise InvalidError(f"{block_id!r} is not a block id: it takes 1 to 64 ASCII bytes.")


def _refused(name: str, reason: str) -> InvalidError:
    return InvalidError(f"{name[:200]!r} is not a blob name: {reason}.", target="name")
