"""Upload URLs, so that files go straight from the caller to Blob Storage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.domain.layout import UPLOAD_FOLDER
from shared.domain.uris import DEFAULT_DATASTORE, DatastorePath, normal_path
from shared.domain.validation import validate
from shared.services.clock import Clock
from shared.storage.datastores import Datastores
from shared.storage.ports import BlobStore


@dataclass(frozen=True)
class FileUpload:
    """One file of an upload, and the URL that its bytes are to be PUT to."""

    path: str
    url: str


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
        self, blobs: BlobStore, datastores: Datastores, lifetime: timedelta, clock: Clock
    ) -> None:
        self._blobs = blobs
        self._datastores = datastores
        self._lifetime = lifetime
        self._clock = clock

    def start(self, document: Mapping[str, Any]) -> Upload:
        """Makes upload URLs for the named files.

        Args:
            document: As `upload.json` describes it.

        Raises:
            InvalidError: A path could leave the upload's folder, or the document is not right.
        """
        validate(document, "upload.json")
        upload_id: str = document.get("upload_id") or uuid4().hex
        folder = DatastorePath(DEFAULT_DATASTORE, f"{UPLOAD_FOLDER}/{upload_id}")
        container, _ = self._datastores.locate(folder)
        expires_at = self._clock() + self._lifetime
        files: list[FileUpload] = []
        for index, item in enumerate(document["files"]):
            path = normal_path(item["path"], target=f"files[{index}].path")
            place = folder.child(path)
            url = self._blobs.upload_url(container, place.path, self._lifetime)
            files.append(FileUpload(path, url))
        return Upload(upload_id, str(folder), tuple(files), expires_at)
