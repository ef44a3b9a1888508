"""Reading what List Blobs answers.

`azure-storage-blob` takes about 0.3 ms of CPU for each blob that it lists, half a minute for the
input of a large job; this takes less than a tenth of that.
https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

from email.utils import parsedate_to_datetime
from urllib.parse import unquote
from xml.etree import ElementTree as Xml

from shared.errors import StorageError
from shared.storage.ports import BlobInfo, BlobPage


def listing_parameters(prefix: str, marker: str | None, limit: int) -> dict[str, str]:
    """Makes the query of a List Blobs request."""
    parameters = {"restype": "container", "comp": "list", "include": "metadata"}
    parameters["maxresults"] = str(limit)
    if prefix:
        parameters["prefix"] = prefix
    if marker:
        parameters["marker"] = marker
    return parameters


def parse_listing(document: bytes) -> BlobPage:
    """Reads one page of blobs; folders of accounts with a hierarchical namespace are none.

    Raises:
        StorageError: The document is not such a page.
    """
    try:
        # Expat itself bounds what entities may expand to.
        root = Xml.fromstring(document)  # noqa: S314
        blobs = tuple(_info(blob) for blob in root.iterfind("Blobs/Blob") if not _is_folder(blob))
    except (Xml.ParseError, ValueError) as error:
        raise StorageError(f"the listing of blobs cannot be read: {error}") from error
    if root.tag != "EnumerationResults":
        raise StorageError(f"not a listing of blobs but {root.tag[:80]!r} was answered")
    return BlobPage(blobs, root.findtext("NextMarker") or None)


def _info(blob: Xml.Element) -> BlobInfo:
    name = blob.find("Name")
    text = "" if name is None else name.text or ""
    if name is not None and name.get("Encoded") == "true":
        text = unquote(text)
    found = blob.find("Properties")
    properties = {} if found is None else {element.tag: element.text or "" for element in found}
    return BlobInfo(
        name=text,
        size=int(properties.get("Content-Length", "0")),
        etag=properties.get("Etag", "").strip('"'),
        last_modified=parsedate_to_datetime(properties.get("Last-Modified", "")),
    )


def _is_folder(blob: Xml.Element) -> bool:
    metadata = blob.find("Metadata")
    return metadata is not None and metadata.findtext("hdi_isfolder", "").lower() == "true"
