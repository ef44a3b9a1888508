"""Keeps what may sign an input's address apart from the job: a signature (SAS) is a secret.

The job, its plan, its history and its manifest name the address without the values of its query.
These lie in one blob of the app's own container, which goes when the job has completed, or with the
records by which it could be resumed.
"""

from functools import lru_cache
from uuid import uuid4

from shared.errors import NotFoundError, StorageError
from shared.jobs.blob_names import input_query_blob
from shared.jobs.model import Job
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore
from shared.uris import query_of, shown_uri, with_query

_REMEMBERED = 256


class InputSignatures:
    """Takes queries off addresses, and puts them back for who reads. Safe for several threads."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._query = lru_cache(_REMEMBERED)(self._read)

    def seal(self, job: str, uri: str) -> tuple[str, str]:
        """Keeps the query of an input's address.

        Returns:
            The address as it may be shown, and the key under which its query is; empty without one.
        """
        query = query_of(uri)
        if not query:
            return uri, ""
        key = uuid4().hex
        self._blobs.write(SYSTEM_CONTAINER, input_query_blob(job, key), query.encode())
        return shown_uri(uri), key

    def uri_of(self, job: Job) -> str:
        """The address of a job's input, by which it can be read.

        Raises:
            StorageError: The job has completed, and its input's query is gone.
        """
        if not job.input_key:
            return job.input_uri
        return with_query(job.input_uri, self._query(job.name, job.input_key))

    def forget(self, job: str, key: str) -> None:
        """Removes a query; one that is not there is fine."""
        if key:
            self._blobs.delete(SYSTEM_CONTAINER, input_query_blob(job, key))

    def _read(self, job: str, key: str) -> str:
        try:
            return self._blobs.read(SYSTEM_CONTAINER, input_query_blob(job, key)).decode()
        except NotFoundError as error:
            # No verdict on the input's files: whoever asks must not take them for failed.
            raise StorageError(
                f"how to read the input of the job '{job}' is forgotten, as it has completed"
            ) from error
