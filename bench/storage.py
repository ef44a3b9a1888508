"""The storage emulator of a benchmark, and the workloads' files in it, uploaded once."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import obstore
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from obstore.store import AzureStore

from bench.workloads import Workload

CONTAINER = "workspaceblobstore"
_AT_ONCE = 64


@dataclass(frozen=True)
class Account:
    """Connects contenders to the emulator."""

    endpoint: str
    name: str
    key: str

    @staticmethod
    def of(connection_string: str) -> "Account":
        """Reads a connection string."""
        parts = dict(part.split("=", 1) for part in connection_string.split(";") if part)
        return Account(parts["BlobEndpoint"], parts["AccountName"], parts["AccountKey"])

    def store(self, container: str = CONTAINER) -> AzureStore:
        """Opens a container, by default that of inputs and outputs."""
        return AzureStore(
            container,
            config={
                "account_name": self.name,
                "account_key": self.key,
                "endpoint": self.endpoint,
                "credential_type": "access_key",
            },
            client_options={"allow_http": True, "timeout": timedelta(minutes=10)},
        )

    def encode(self) -> str:
        """Writes the account as JSON, for a contender's command line."""
        return json.dumps(asdict(self))

    @staticmethod
    def decode(text: str) -> "Account":
        """Reads what `encode` wrote."""
        return Account(**json.loads(text))


def make_container(connection_string: str) -> None:
    """Makes the container of inputs and outputs, unless it is there."""
    service = BlobServiceClient.from_connection_string(connection_string)
    with service, contextlib.suppress(ResourceExistsError):
        service.create_container(CONTAINER)


def upload(account: Account, workload: Workload) -> float:
    """Uploads a workload's files unless they are there; answers how many seconds it took."""
    store, mark = account.store(), f"{workload.folder}.uploaded"
    started = time.monotonic()
    if not exists(store, mark):
        asyncio.run(_upload(store, workload.folder, workload.contents()))
        obstore.put(store, mark, b"")
    return time.monotonic() - started


def exists(store: AzureStore, name: str) -> bool:
    """True if there is a blob of that name."""
    try:
        obstore.head(store, name)
    except FileNotFoundError:
        return False
    return True


def list_files(store: Any, folder: str) -> list[str]:  # noqa: ANN401 - contenders have their own
    """Lists the names of the blobs in a folder, in order."""
    found = (meta["path"] for page in obstore.list(store, folder) for meta in page)
    return sorted(found)


async def _upload(store: AzureStore, folder: str, files: Iterator[tuple[str, bytes]]) -> None:
    while some := list(islice(files, _AT_ONCE)):
        await asyncio.gather(
            *(
                obstore.put_async(store, f"{folder}/{name}", data, use_multipart=False)
                for name, data in some
            )
        )
