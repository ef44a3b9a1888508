"""Upload URLs for the bytes of models, code and inputs."""

from collections.abc import Sequence
from typing import cast

from batchpoint.http.transport import Transport
from batchpoint.models import Upload, UploadFile

FILES_PER_REQUEST = 1_000


class Uploads:
    """Addresses to which a service lets files be uploaded."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, files: Sequence[UploadFile], upload_id: str | None = None) -> Upload:
        """Asks for the URLs of up to 1,000 files.

        Args:
            files: The files.
            upload_id: The hash of the whole content, which makes the service tell what is there
                already; or that of an earlier ticket whose upload these files belong to.
        """
        body: dict[str, object] = {"files": list(files)}
        if upload_id is not None:
            body["upload_id"] = upload_id
        # Asking twice is harmless: URLs that nobody uses leave nothing behind.
        answer = self._transport.request("POST", "/uploads", body=body, idempotent=True)
        return cast("Upload", answer.body)
