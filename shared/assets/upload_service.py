"""Upload URLs, so that files go straight from the caller to Blob Storage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.assets.datastores import Datastores
from shared.assets.upload_names import UPLOAD_FOLDER, upload_name
from shared.assets.upload_repository import UploadRepository
from shared.clock import Clock
from shared.documents.validation import validate
from shared.principal import Principal
from shared.storage.pagination import list_all
from shared.storage.ports import BlobStore
from shared.uris import DEFAULT_DATASTORE, DatastorePath, file_path


@dataclass(frozen=True)
class FileUpload:
    """One file of an upload, and the URL that its bytes are to be PUT to; None: it is there."""

    path: str
    url: str | None


@dataclass(frozen=True)
class Upload:
    """An upload that the caller may now do; `uri` is the folder that the files land in."""

    upload_id: str
    uri: str
    files: tuple[FileUpload, ...]
    expires_at: datetime


class UploadService:
    """Hands out upload URLs: each for one blob, for a short time."""

    def __init__(
        self,
        uploads: UploadRepository,
        blobs: BlobStore,
        datastores: Datastores,
        lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._blobs = blobs
        self._datastores = datastores
        self._lifetime = lifetime
        self._clock = clock

    def start(self, document: Mapping[str, Any], caller: Principal) -> Upload:
        """Makes upload URLs for the named files, but for those that are there already.

        A file counts as being there if the request names the upload and gives the file's size,
        which is enough where the upload is called after the hash of its content.

        Args:
            document: As `upload.json` describes it.
            caller: Who uploads.

        Raises:
            InvalidError: A path could leave the upload's folder, or the document is not right.
            StorageError: The upload is just being removed, as nothing used it.
        """
        validate(document, "upload.json")
        upload_id: str = document.get("upload_id") or uuid4().hex
        name = upload_name(upload_id, caller)
        folder = DatastorePath(DEFAULT_DATASTORE, f"{UPLOAD_FOLDER}/{name}")
        now = self._clock()
        paths = [
            file_path(item["path"], target=f"files[{index}].path")
            for index, item in enumerate(document["files"])
        ]
        sizes = [item.get("size") for item in document["files"]]
        needs_listing = "upload_id" in document and any(size is not None for size in sizes)
        # Before anything is looked at: what is there now must not be removed as unused.
        self._uploads.use(name, now)
        there = self._there(folder, paths) if needs_listing else {}
        files = [
            FileUpload(path, None if there.get(path, -1) == size else self._url(folder, path))
            for path, size in zip(paths, sizes, strict=True)
        ]
        return Upload(upload_id, str(folder), tuple(files), now + self._lifetime)

    def _there(self, folder: DatastorePath, paths: Sequence[str]) -> dict[str, int]:
        """Sizes of what an upload has already, by path; of the given paths at least."""
        container, root = self._datastores.locate(folder)
        listed = list_all(self._blobs, container, f"{root}/{_common_start(paths)}")
        return {blob.name.removeprefix(f"{root}/"): blob.size for blob in listed}

    def _url(self, folder: DatastorePath, path: str) -> str:
        container, name = self._datastores.locate(folder.child(path))
        return self._blobs.upload_url(container, name, self._lifetime)


def _common_start(paths: Sequence[str]) -> str:
    """Common prefix of all paths, to the letter: a listing takes any prefix, not only a folder."""
    first, last = min(paths), max(paths)
    pairs = enumerate(zip(first, last, strict=False))
    different = next((index for index, (one, other) in pairs if one != other), None)
    return first[:different]
