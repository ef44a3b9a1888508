"""Uploads local files and folders, so that the service can read them."""

from pathlib import Path

from batchpoint.blobs import Advance, BlobTransfers
from batchpoint.errors import TransferError
from batchpoint.localfiles import LocalFile, UploadPlan
from batchpoint.models import UploadSlot
from batchpoint.parallel import StopSignal, run_all
from batchpoint.resources.uploads import FILES_PER_REQUEST, Uploads

DEFAULT_CONCURRENCY = 8


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

    def upload(self, plan: UploadPlan, advance: Advance) -> str:
        """Uploads what the plan lists.

        Args:
            plan: The files.
            advance: Told of each piece of bytes that has been sent.

        Returns:
            The URI of the one file or folder, or of the folder that holds all of several.

        Raises:
            TransferError: A file was not taken.
            ApiError: The service made no URLs.
        """
        upload_id: str | None = None
        uri = ""
        for start in range(0, len(plan.files), FILES_PER_REQUEST):
            # One request at a time, just before the bytes go, so that no URL expires meanwhile.
            group = plan.files[start : start + FILES_PER_REQUEST]
            ticket = self._uploads.create([file.name for file in group], upload_id)
            upload_id, uri = ticket["upload_id"], ticket["uri"]
            self._send(group, ticket["files"], advance)
        return f"{uri.rstrip('/')}/{plan.root}" if plan.root else uri

    def _send(
        self, files: tuple[LocalFile, ...], slots: list[UploadSlot], advance: Advance
    ) -> None:
        stop = StopSignal()
        by_name = {slot["path"]: slot for slot in slots}

        def put(path: Path, slot: UploadSlot) -> None:
            self._blobs.put(path, slot, advance, stop)

        missing = [file.name for file in files if file.name not in by_name]
        if missing:
            raise TransferError(f"the service made no upload URL for '{missing[0]}'")
        run_all(
            [lambda file=file: put(file.path, by_name[file.name]) for file in files],
            self._concurrency,
            stop,
        )
