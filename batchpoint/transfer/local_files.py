"""Finds the local files that an upload consists of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from batchpoint.errors import BatchpointError

LEFT_OUT = frozenset({"__pycache__", ".git"})


@dataclass(frozen=True)
class LocalFile:
    """A file to upload.

    Attributes:
        path: Where it is.
        name: Its path in the upload, with `/` between the parts.
        size: In bytes.
    """

    path: Path
    name: str
    size: int


@dataclass(frozen=True)
class UploadPlan:
    """Files of an upload.

    Attributes:
        files: At least one, each with a name of its own.
        root: What to append to the upload's URI to name the one file or folder that was
            given; empty where several were given.
    """

    files: tuple[LocalFile, ...]
    root: str

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def plan_upload(paths: Sequence[Path]) -> UploadPlan:
    """Lists the files of local files and folders; a folder keeps its own name.

    `__pycache__` and `.git` folders are left out; everything else is taken, hidden files too.

    Raises:
        BatchpointError: A path does not exist, a folder has no files, a symbolic link leads
            out of its folder, or two files would get the same name.
    """
    files: dict[str, LocalFile] = {}
    for path in paths:
        for file in _list(path):
            other = files.setdefault(file.name, file)
            if other is not file:
                raise BatchpointError(
                    f"'{other.path}' and '{file.path}' would both be uploaded as '{file.name}'; "
                    "give the folder that holds them, or start two jobs"
                )
    if not files:
        raise BatchpointError("there is no path to upload")
    root = _own_name(paths[0]) if len(paths) == 1 else ""
    return UploadPlan(tuple(files.values()), root)


def _own_name(path: Path) -> str:
    return path.name if path.name not in {"", ".."} else path.resolve().name or "root"


def _list(path: Path) -> list[LocalFile]:
    try:
        return _list_unguarded(path)
    except OSError as error:
        where = error.filename or path
        raise BatchpointError(f"'{where}' cannot be read: {error.strerror or error}") from error


def _list_unguarded(path: Path) -> list[LocalFile]:
    if not path.exists():
        raise BatchpointError(f"there is no file or folder '{path}'")
    name = _own_name(path)
    if path.is_file():
        return [LocalFile(path, name, path.stat().st_size)]
    root = path.resolve()
    files = [
        LocalFile(file, f"{name}/{file.relative_to(path).as_posix()}", file.stat().st_size)
        for file in _walk(path, root, (root,))
    ]
    if not files:
        raise BatchpointError(f"the folder '{path}' holds no files")
    return files


def _walk(folder: Path, root: Path, above: tuple[Path, ...]) -> Iterator[Path]:
    """Yields the files below a folder by name; `above` are the real folders that lead to it."""
    for entry in sorted(folder.iterdir()):
        real = entry.resolve()
        if entry.is_symlink() and not real.is_relative_to(root):
            raise BatchpointError(
                f"the symbolic link '{entry}' leads out of the folder '{root}'; "
                "put a copy in its place"
            )
        if entry.is_dir():
            if real in above:
                raise BatchpointError(f"the symbolic link '{entry}' leads back to a folder above")
            if entry.name not in LEFT_OUT:
                yield from _walk(entry, root, (*above, real))
        elif entry.is_file():
            yield entry
        else:
            raise BatchpointError(f"'{entry}' is neither a file nor a folder (a broken link?)")
