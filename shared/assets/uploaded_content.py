"""Looks at what lies at a place in a datastore."""

from shared.assets.datastores import Datastores
from shared.assets.model import DataType
from shared.documents.validation import invalid
from shared.errors import ErrorDetail
from shared.storage.ports import BlobStore
from shared.uris import parse_datastore_uri


class UploadedContent:
    """Tells whether something has been uploaded to a place, and what."""

    def __init__(self, blobs: BlobStore, datastores: Datastores) -> None:
        self._blobs = blobs
        self._datastores = datastores

    def types(self, uri: str, *, target: str) -> frozenset[DataType]:
        """Finds out whether a file, a folder, or both are there.

        Raises:
            InvalidError: Nothing is there.
            NotFoundError: There is no such datastore.
        """
        place = parse_datastore_uri(uri, target=target)
        container, name = self._datastores.locate(place, target=target)
        found: set[DataType] = set()
        if place.path and self._blobs.info(container, name) is not None:
            found.add(DataType.FILE)
        if self._blobs.list_page(container, f"{name}/" if name else "", limit=1).blobs:
            found.add(DataType.FOLDER)
        if not found:
            raise invalid([ErrorDetail(f"nothing has been uploaded to '{uri}'", target)])
        return frozenset(found)

    def holds(self, uri: str, file_name: str, *, target: str) -> bool:
        """True if a folder has a file of that name at its top; something must be there at all.

        Raises:
            InvalidError: Nothing is there.
            NotFoundError: There is no such datastore.
        """
        place = parse_datastore_uri(uri, target=target).child(file_name)
        container, name = self._datastores.locate(place, target=target)
        if self._blobs.info(container, name) is not None:
            return True
        self.types(uri, target=target)
        return False
