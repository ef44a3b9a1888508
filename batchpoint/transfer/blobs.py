"""Moves bytes between the disk and Blob Storage, by URLs that carry their own rights."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import httpx

from batchpoint.errors import ServiceUnreachableError, TransferError
from batchpoint.http.connections import http_client
from batchpoint.http.retrying import TRANSIENT_STATUSES, RetryPolicy, send
from batchpoint.models import UploadSlot
from batchpoint.transfer.parallel import Advance, StopSignal
from batchpoint.transfer.sources import WatchedReader, read_whole

MIB = 1 << 20
BLOCK_BYTES = 8 * MIB
_DATA = "data:application/octet-stream;base64,"


@dataclass
class _Arrival:
    """Progress of a download: the file that its bytes go to, and the version of the blob."""

    sink: BinaryIO
    etag: str | None = None


class BlobTransfers:
    """Uploads and downloads single files. Safe for use by several threads.

    Args:
        retry: For small uploads and for downloads; large uploads retry each block.
        large_file: From how many bytes on a file is uploaded in blocks.
    """

    def __init__(self, retry: RetryPolicy, *, large_file: int = BLOCK_BYTES) -> None:
        self._retry = RetryPolicy(
            retry.attempts,
            retry.first_delay,
            retry.max_delay,
            TRANSIENT_STATUSES | {500},
            retry.sleep,
        )
        self._large_file = large_file
        self._http = http_client(httpx.Timeout(60.0, connect=10.0, pool=None))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def put(
        self,
        path: Path,
        slot: UploadSlot,
        advance: Advance,
        stop: StopSignal,
        digest: str | None = None,
    ) -> None:
        """Uploads a file; where the slot has no URL, its bytes are there already.

        Args:
            path: The file.
            slot: Where the service wants its bytes.
            advance: Told of each piece of bytes.
            stop: Ends the transfer early.
            digest: The SHA-256 that the file had when its upload was announced.

        Raises:
            TransferError: It cannot be read, was not taken, or has changed.
        """
        stop.check()
        url = slot["url"]
        headers = {name.lower(): value for name, value in slot["headers"].items()}
        try:
            size = path.stat().st_size
            if url is None:
                advance(size)
            elif size < self._large_file or headers.get("x-ms-blob-type") is None:
                self._put_whole(path, url, slot, digest)
                advance(size)
            else:
                with path.open("rb") as source:
                    reader = WatchedReader(source, path, advance, stop, digest)
                    self._put_blocks(path, url, reader, size)
        except OSError as error:
            raise TransferError(f"'{path}' cannot be read: {error.strerror or error}") from error

    def _put_whole(self, path: Path, url: str, slot: UploadSlot, digest: str | None) -> None:
        data = read_whole(path, digest)

        def call() -> httpx.Response:
            return self._http.request(slot["method"], url, content=data, headers=slot["headers"])

        try:
            response = send(call, self._retry, idempotent=True).response
        except ServiceUnreachableError as error:
            raise TransferError(f"'{path}' could not be uploaded: {error.message}") from error
        if not response.is_success:
            raise TransferError(f"'{path}' could not be uploaded: {refusal(response)}")

    def _put_blocks(self, path: Path, url: str, reader: WatchedReader, size: int) -> None:
        # Imported only here: it takes longer to import than most commands take to run.
        from azure.core.exceptions import AzureError  # noqa: PLC0415
        from azure.storage.blob import BlobClient  # noqa: PLC0415

        client = BlobClient.from_blob_url(
            url, max_block_size=BLOCK_BYTES, max_single_put_size=BLOCK_BYTES // 2
        )
        try:
            with client as blob:
                stream = cast("BinaryIO", reader)
                blob.upload_blob(stream, length=size, overwrite=True, max_concurrency=2)
        except AzureError as error:
            reason = (error.message or type(error).__name__).splitlines()[0]
            raise TransferError(f"'{path}' could not be uploaded: {reason}") from error

    def get(self, url: str, path: Path, advance: Advance, stop: StopSignal) -> None:
        """Downloads into a file; a lost connection is taken up again where it broke.

        A `data:` URL holds the bytes itself, in base64.

        Raises:
            TransferError: It cannot be fetched or written.
        """
        try:
            with path.open("wb") as sink:
                if url.startswith(_DATA):
                    advance(sink.write(base64.b64decode(url.partition(",")[2])))
                else:
                    self._get(url, sink, path.name, advance, stop)
        except OSError as error:
            raise TransferError(f"'{path}' cannot be written: {error}") from error

    def _get(self, url: str, sink: BinaryIO, name: str, advance: Advance, stop: StopSignal) -> None:
        arrival = _Arrival(sink)
        failures = 0
        while True:
            before = sink.tell()
            try:
                response = self._receive(url, arrival, advance, stop)
                if response.is_success:
                    return
                reason = refusal(response)
                final = response.status_code not in self._retry.statuses
            except httpx.TransportError as error:
                reason, final = str(error) or type(error).__name__, False
            failures = failures + 1 if sink.tell() == before else 1
            if final or failures >= self._retry.attempts:
                raise TransferError(f"'{name}' could not be downloaded: {reason}")
            self._retry.wait(failures)

    def _receive(
        self, url: str, arrival: _Arrival, advance: Advance, stop: StopSignal
    ) -> httpx.Response:
        sink = arrival.sink
        # What is stored is what is wanted, also where it is stored compressed.
        headers = {"Accept-Encoding": "identity"}
        if sink.tell():
            headers["Range"] = f"bytes={sink.tell()}-"
            if arrival.etag:
                headers["If-Match"] = arrival.etag
        with self._http.stream("GET", url, headers=headers) as response:
            if not response.is_success:
                response.read()
                return response
            arrival.etag = response.headers.get("etag")
            if response.status_code != 206:
                advance(-sink.tell())
                sink.seek(0)
                sink.truncate()
            for piece in response.iter_raw():
                stop.check()
                sink.write(piece)
                advance(len(piece))
            return response


def refusal(response: httpx.Response) -> str:
    """Returns the reason of Blob Storage's refusal, in one line."""
    code = response.headers.get("x-ms-error-code") or response.reason_phrase
    return f"the storage answered {response.status_code} {code}"
