"""Upload URLs for the bytes of models, code and inputs."""

from collections.abc import Sequence
from typing import cast

from batchpoint.models import UploadTicket
from batchpoint.transport import Transport

FILES_PER_REQUEST = 1_000


class Uploads:
    """Where a service lets files be uploaded to."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(self, paths: Sequence[str], upload_id: str | None = None) -> UploadTicket:
        """Asks for the URLs of up to 1,000 files.

        Args:
            paths: Relative, with `/` between the parts.
            upload_id: That of an earlier ticket whose upload these files belong to.
        """
        body: dict[str, object] = {"files": [{"path": path} for path in paths]}
        if upload_id is not None:
            body["upload_id"] = upload_id
        # Asking twice is harmless: URLs that nobody uses leave nothing behind.
        answer = self._transport.request("POST", "/uploads", body=body, idempotent=True)
        return cast("UploadTicket", answer.body)
