"""Lists and reads the input of a job, wherever it lies."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from shared.assets.datastores import Datastores
from shared.errors import NotFoundError, PreconditionError
from shared.inputs.selection import decode_selection, encode_selection
from shared.inputs.url_secrets import InputSignatures
from shared.jobs.blob_names import selection_blob
from shared.jobs.plan import InputPage, PlannedFile
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore
from shared.uris import is_web_url, parse_datastore_uri, query_of, shown_uri, with_query

SELECTION_BYTES = 2**20


class PublicSource(Protocol):
    """Reads the public web; `shared.inputs.public_reader` implements it."""

    def list_page(self, url: str, *, marker: str | None, limit: int) -> InputPage:
        """Lists a public file, or a folder of a public container."""
        ...

    def read(self, url: str) -> bytes:
        """Reads one public file."""
        ...

    def read_version(self, url: str, etag: str, start: int, length: int) -> bytes:
        """Reads part of one public file, if it has not changed."""
        ...


class Inputs:
    """The input of jobs, in datastores and on the public web.

    Attributes:
        signatures: What tells the whole address of a job's input.
    """

    def __init__(self, blobs: BlobStore, datastores: Datastores, public: PublicSource) -> None:
        self.signatures = InputSignatures(blobs)
        self._blobs = blobs
        self._datastores = datastores
        self._public = public

    def list_page(self, uri: str, *, marker: str | None = None, limit: int = 5000) -> InputPage:
        """Lists files below (or at) a URI, recursively, ordered by name; none names a signature.

        Raises:
            NotFoundError: The datastore does not exist, or nothing public is there.
        """
        if is_web_url(uri):
            found = self._public.list_page(uri, marker=marker, limit=limit)
            return InputPage(tuple(map(_unsigned, found.files)), found.marker)
        place = parse_datastore_uri(uri)
        container, path = self._datastores.locate(place)
        single = self._blobs.info(container, path) if place.path and marker is None else None
        if single is not None:
            name = path.rsplit("/", 1)[-1]
            return InputPage((PlannedFile(name, path, single.size, single.etag),), None)
        prefix = f"{path}/" if path else ""
        page = self._blobs.list_page(container, prefix, marker=marker, limit=limit)
        files = tuple(
            PlannedFile(blob.name.removeprefix(prefix), blob.name, blob.size, blob.etag)
            for blob in page.blobs
        )
        return InputPage(files, page.marker)

    def list_selection(self, job: str, *, marker: str | None = None) -> InputPage:
        """Lists the files that were written down for a job.

        Raises:
            NotFoundError: There is no such list.
        """
        start = int(marker or 0)
        name = selection_blob(job)
        data = self._blobs.read_range(SYSTEM_CONTAINER, name, start, SELECTION_BYTES)
        end = data.rfind(b"\n") + 1
        files = decode_selection(data[:end])
        return InputPage(files, str(start + end) if len(data) == SELECTION_BYTES else None)

    def select(self, job: str, files: Sequence[PlannedFile]) -> None:
        """Writes down which files a job scores; writing the same again is fine."""
        self._blobs.write(SYSTEM_CONTAINER, selection_blob(job), encode_selection(files))

    def check(self, uri: str) -> None:
        """Makes sure that there is something to score.

        Raises:
            NotFoundError: The input does not exist or holds no file.
        """
        if not self.list_page(uri, limit=1).files:
            raise NotFoundError(
                f"the input '{shown_uri(uri)}' does not exist or holds no files",
                target="properties.dataset.path",
                code="InputNotFound",
            )

    def check_place(self, uri: str) -> None:
        """Makes sure that an input could be there, if it is not yet.

        Raises:
            NotFoundError: Its datastore does not exist.
        """
        if not is_web_url(uri):
            self._datastores.locate(parse_datastore_uri(uri))

    def read(self, uri: str, file: PlannedFile) -> bytes:
        """Reads one of the files that were listed below a URI.

        Raises:
            NotFoundError: It is not there any more.
        """
        if is_web_url(uri):
            return self._public.read(with_query(file.location, query_of(uri)))
        container, _ = self._datastores.locate(parse_datastore_uri(uri))
        return self._blobs.read(container, file.location)

    def read_selected(self, uri: str, file: PlannedFile) -> bytes:
        """Reads the very version of a file that was written down for a job.

        Raises:
            NotFoundError: It was overwritten or deleted; a newer one is another job's.
        """
        try:
            return self.read_part(uri, file, 0, file.size)
        except PreconditionError as error:
            raise NotFoundError(
                "the version that landed was overwritten or deleted before it was read; a newer "
                "one is scored by a job of its own"
            ) from error

    def read_part(self, uri: str, file: PlannedFile, start: int, end: int) -> bytes:
        """Reads a range of bytes of a file that was listed with an ETag.

        Raises:
            NotFoundError: It is not there any more.
            PreconditionError: It has changed since it was listed.
        """
        if start >= end:
            return b""
        if is_web_url(uri):
            location = with_query(file.location, query_of(uri))
            return self._public.read_version(location, file.etag, start, end - start)
        container, _ = self._datastores.locate(parse_datastore_uri(uri))
        return self._blobs.read_version(container, file.location, file.etag, start, end - start)


def _unsigned(file: PlannedFile) -> PlannedFile:
    """A file as plans may have it: its address's query is that of the input, which is a secret."""
    return replace(file, location=with_query(file.location, ""))
