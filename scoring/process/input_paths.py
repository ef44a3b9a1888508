"""Names of inputs and blobs as paths that stay inside a folder."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePosixPath

_MAX_PART_BYTES = 255


def relative_path(name: str) -> str | None:
    """Returns the name as a clean relative path, None if it would leave its folder.

    Args:
        name: Parts separated by `/`.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or "\0" in name or name.startswith("/"):
        return None
    if any(len(part.encode("utf-8", "surrogatepass")) > _MAX_PART_BYTES for part in parts):
        return None
    return "/".join(parts)


def input_paths(names: Sequence[str]) -> list[str]:
    """Returns one path per input, relative, all different, with the inputs' own basenames.

    Inputs keep their folders, so that equal basenames do not collide. A name that would leave the
    folder, or that another input needs as a folder, moves to a folder of its own.
    """
    paths: list[str] = []
    taken: set[str] = set()
    folders: set[str] = set()
    for index, name in enumerate(names):
        path = relative_path(name)
        if path is None or path in taken or path in folders or _parents(path) & taken:
            own = f".{index}"
            while own in taken or own in folders:
                own += "_"
            path = f"{own}/{_basename(name)}"
        paths.append(path)
        taken.add(path)
        folders |= _parents(path)
    return paths


def _parents(path: str) -> set[str]:
    parents: set[str] = set()
    end = path.rfind("/")
    while end > 0:
        parents.add(path[:end])
        end = path.rfind("/", 0, end)
    return parents


def _basename(name: str) -> str:
    base = name.replace("\0", "").rstrip("/").rpartition("/")[2]
    if base in ("", ".", ".."):
        return "input"
    if len(base.encode("utf-8", "surrogatepass")) > _MAX_PART_BYTES:
        return (
            sha256(base.encode("utf-8", "surrogatepass")).hexdigest()
            + PurePosixPath(base).suffix[:16]
        )
    return base
