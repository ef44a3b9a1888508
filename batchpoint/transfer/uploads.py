"""Uploads local files and folders, so that the service can read them."""

from dataclasses import dataclass

from batchpoint.errors import TransferError
from batchpoint.models import UploadFile, UploadSlot
from batchpoint.resources.uploads import FILES_PER_REQUEST, Uploads
from batchpoint.transfer.blobs import BlobTransfers
from batchpoint.transfer.contents import Content
from batchpoint.transfer.local_files import LocalFile, UploadPlan
from batchpoint.transfer.parallel import Advance, StopSignal, run_all

DEFAULT_CONCURRENCY = 8


@dataclass(frozen=True)
class Uploaded:
    """Result of an upload.

    Attributes:
        uri: The one file or folder, or the folder that holds all of several.
        files: How many files it consists of.
        reused: How many of them were there already, from an earlier upload.
    """

    uri: str
    files: int
    reused: int


class Uploader:
    """Asks the service for upload URLs and sends the bytes to them.

    Args:
        uploads: Where the URLs come from.
        blobs: What moves the bytes.
        concurrency: How many files at once.
    """

    def __init__(
        self, uploads: Uploads, blobs: BlobTransfers, concurrency: int = DEFAULT_CONCURRENCY
    ) -> None:
        self._uploads = uploads
        self._blobs = blobs
        self._concurrency = concurrency

    def upload(self, plan: UploadPlan, content: Content, advance: Advance) -> Uploaded:
        """Uploads what the plan lists, and is not there already.

        Args:
            plan: The files.
            content: What they hold.
            advance: Told of each piece of bytes that has been sent or is there.

        Raises:
            TransferError: A file was not taken.
            ApiError: The service made no URLs.
        """
        uri, reused = "", 0
        for start in range(0, len(plan.files), FILES_PER_REQUEST):
            # One request at a time, just before the bytes go, so that no URL expires meanwhile.
            group = plan.files[start : start + FILES_PER_REQUEST]
            wanted = [UploadFile(path=file.name, size=file.size) for file in group]
            ticket = self._uploads.create(wanted, content.upload_id)
            uri = ticket["uri"].rstrip("/")
            reused += sum(slot["url"] is None for slot in ticket["files"])
            self._send(group, ticket["files"], content, advance)
        return Uploaded(f"{uri}/{plan.root}" if plan.root else uri, len(plan.files), reused)

    def _send(
        self,
        files: tuple[LocalFile, ...],
        slots: list[UploadSlot],
        content: Content,
        advance: Advance,
    ) -> None:
        stop = StopSignal()
        by_name = {slot["path"]: slot for slot in slots}

        def put(file: LocalFile) -> None:
            digest = content.digests[file.name]
            self._blobs.put(file.path, by_name[file.name], advance, stop, digest)

        missing = [file.name for file in files if file.name not in by_name]
        if missing:
            raise TransferError(f"the service made no upload URL for '{missing[0]}'")
        run_all([lambda file=file: put(file) for file in files], self._concurrency, stop)
