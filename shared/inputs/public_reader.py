"""Inputs that anyone may read: URLs, and folders of public containers."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from shared.errors import InvalidError, NotFoundError
from shared.jobs.plan import InputPage, PlannedFile
from shared.outbound.address_guard import NOT_ALLOWED, AddressGuard, AllowedHosts
from shared.outbound.client import OutboundClient, RemoteFile, check_url, without_query
from shared.storage.azure.list_blobs_xml import listing_parameters, parse_listing

_MAX_LISTING_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class _Folder:
    container_url: str
    prefix: str
    query: str

    def url_of(self, name: str) -> str:
        url = f"{self.container_url}/{quote(name, safe='/~')}"
        return f"{url}?{self.query}" if self.query else url


@dataclass(frozen=True)
class PublicLimits:
    """Limits on reading for callers.

    Attributes:
        allowed: Hosts that may be read though they are not public.
        max_bytes: How large a file may be.
        seconds: How long reading one may take.
    """

    allowed: AllowedHosts
    max_bytes: int
    seconds: float


def open_public(limits: PublicLimits) -> "PublicReader":
    """Makes what reads the URLs that callers name."""
    outgoing = OutboundClient(guard=AddressGuard(limits.allowed), seconds=limits.seconds)
    return PublicReader(outgoing, max_bytes=limits.max_bytes)


class PublicReader:
    """Reads without credentials; a signature in the URL (SAS) counts for what it opens.

    Safe to use from several threads.
    """

    def __init__(self, outgoing: OutboundClient, *, max_bytes: int | None = None) -> None:
        """Takes what sends requests, and how large a file may be that nobody bounds otherwise."""
        self._outgoing = outgoing
        self._max_bytes = max_bytes

    def read(self, url: str, *, max_bytes: int | None = None) -> bytes:
        """Reads a file.

        Raises:
            InvalidError: Not an http(s) URL, or one that is not for everyone to read.
            NotFoundError: Nothing is there.
            TooLargeError: It is larger than `max_bytes`.
            StorageError: The server did not answer, after retries.
        """
        return self._outgoing.read(url, max_bytes=max_bytes or self._max_bytes)

    def read_version(self, url: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of a file, if it is still the version that was listed.

        Raises:
            PreconditionError: It has changed.
            BatchpointError: As `read` does.
        """
        return self._outgoing.read_version(url, etag, start, length)

    def exists(self, url: str) -> bool:
        """Tells whether there is a file; raises like `read` for all but what is not found."""
        return self._outgoing.exists(url)

    def list_page(self, url: str, *, marker: str | None = None, limit: int = 5000) -> InputPage:
        """Lists a file, or all files below a folder of a public container, ordered by name.

        A folder that does not exist is an empty one, as Blob Storage has no folders.

        Args:
            url: Of a file, a folder, or a container.
            marker: Where an earlier page ended.
            limit: How many files the page may have, 1 to 5,000.

        Raises:
            InvalidError: Not a URL, or one that is not for everyone to read.
            NotFoundError: There is no such file, and no such container either.
            StorageError: The server did not answer, or not with a listing.
        """
        found = self._find(url) if marker is None else None
        if found is not None:
            name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
            return InputPage((PlannedFile(name, url, found.size, found.etag),), None)
        folder = _folder(url)
        if folder is None:
            raise NotFoundError(f"there is no file at '{without_query(url)}'", code="InputNotFound")
        listing_url = folder.container_url + (f"?{folder.query}" if folder.query else "")
        document = self._outgoing.read(
            listing_url,
            parameters=listing_parameters(folder.prefix, marker, limit),
            max_bytes=_MAX_LISTING_BYTES,
        )
        page = parse_listing(document)
        files = tuple(
            PlannedFile(
                blob.name.removeprefix(folder.prefix),
                folder.url_of(blob.name),
                blob.size,
                blob.etag,
            )
            for blob in page.blobs
        )
        return InputPage(files, page.marker)

    def _find(self, url: str) -> RemoteFile | None:
        check_url(url)
        if urlsplit(url).path.endswith("/") or not urlsplit(url).path:
            return None
        try:
            return self._outgoing.find(url)
        except InvalidError as error:
            if error.code == NOT_ALLOWED:
                raise
            # A container is no file, and a signature may list a folder without opening files.
            return None

    def close(self) -> None:
        """Closes the connections."""
        self._outgoing.close()


def _folder(url: str) -> _Folder | None:
    """The folder of a container that a URL names, None if it names none."""
    parts = urlsplit(url)
    segments = parts.path.removeprefix("/").split("/")
    depth = 2 if _names_account_in_path(parts.hostname or "") else 1
    if len(segments) < depth or not all(segments[:depth]):
        return None
    prefix = unquote("/".join(segments[depth:]))
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    container_url = f"{parts.scheme}://{parts.netloc}/{'/'.join(segments[:depth])}"
    return _Folder(container_url, prefix, parts.query)


def _names_account_in_path(host: str) -> bool:
    # The emulator's URLs begin with the account: http://127.0.0.1:10000/devstoreaccount1/...
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host
    return True
