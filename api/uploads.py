"""The function that hands out upload URLs."""

import azure.functions as func

from api.answers.uploads import Upload
from api.gate import caller
from api.requests import read_document
from api.responses import json_response
from api.routes import GuardedApp, Route, register
from shared.assets.upload_service import UploadService
from shared.principal import Role

PUT_HEADERS = {"x-ms-blob-type": "BlockBlob"}


class UploadRoutes:
    """Lets callers put files straight into Blob Storage."""

    def __init__(self, uploads: UploadService) -> None:
        self._uploads = uploads

    def register(self, app: GuardedApp) -> None:
        """Registers all functions of this module."""
        register(app, Route("create_upload", "POST", "uploads", self.create, Role.INVOKER))

    def create(self, req: func.HttpRequest) -> func.HttpResponse:
        """Makes upload URLs for the named files."""
        upload = self._uploads.start(read_document(req), caller())
        document: Upload = {
            "upload_id": upload.upload_id,
            "uri": upload.uri,
            "files": [
                {"path": file.path, "url": file.url, "method": "PUT", "headers": PUT_HEADERS}
                for file in upload.files
            ],
            "expires_at": upload.expires_at.isoformat(),
        }
        return json_response(document, 201)
