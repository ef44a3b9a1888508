"""Blob triggers, on the running emulator."""

import asyncio
import os
import time
from collections.abc import Iterator
from typing import Any

import azure.functions as func
import pytest
from azure.storage.blob import BlobClient, BlobServiceClient

from devhost.app import AppError, AppFunction, Function
from devhost.blobs import MAX_CALLS, BlobPattern, run_blob_trigger
from devhost.stack import Azurite
from devhost.workers.local import LocalWorkers
from tests.devhost.running import needs_azurite


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BlobServiceClient]:
    with Azurite(tmp_path_factory.mktemp("azurite")) as azurite:
        os.environ["TRIGGER_STORAGE"] = azurite.connection_string
        with BlobServiceClient.from_connection_string(azurite.connection_string) as client:
            yield client
        del os.environ["TRIGGER_STORAGE"]


def listen(call: Any, path: str, *, until: Any) -> None:
    """Runs a trigger until a condition holds."""
    trigger = {"type": "blobTrigger", "name": "blob", "path": path, "connection": "TRIGGER_STORAGE"}
    function = AppFunction(Function("listener", trigger), call)

    async def run() -> None:
        workers = LocalWorkers([function], asyncio.get_running_loop(), threads=2)
        listening = asyncio.create_task(run_blob_trigger(function.info, workers))
        try:
            async with asyncio.timeout(30):
                while not until():
                    await asyncio.sleep(0.05)
        finally:
            listening.cancel()
            workers.stop()

    asyncio.run(run())


@needs_azurite
def test_each_version_of_a_blob_comes_once(storage: BlobServiceClient) -> None:
    container = storage.create_container("versions")
    container.upload_blob("in/a.csv", b"1")
    container.upload_blob("other/b.csv", b"1")
    seen: list[str] = []

    def call(blob: BlobClient) -> None:
        seen.append(f"{blob.blob_name}={blob.download_blob().readall().decode()}")
        if len(seen) == 1:
            container.upload_blob("in/a.csv", b"2", overwrite=True)
        if len(seen) == 2:
            container.upload_blob("in/c.csv", b"3")

    listen(call, "versions/in/{name}.csv", until=lambda: len(seen) >= 3)

    assert seen == ["in/a.csv=1", "in/a.csv=2", "in/c.csv=3"]


@needs_azurite
def test_a_function_that_wants_the_content_gets_it(storage: BlobServiceClient) -> None:
    storage.create_container("contents").upload_blob("a", b"the content")
    seen: list[tuple[str | None, bytes, int | None]] = []

    def call(blob: func.InputStream) -> None:
        seen.append((blob.name, blob.read(), blob.length))

    listen(call, "contents/{name}", until=lambda: seen)

    assert seen == [("contents/a", b"the content", 11)]


@needs_azurite
def test_a_function_that_always_fails_is_called_no_more(
    storage: BlobServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devhost.blobs.POLL_SECONDS", 0.01)
    monkeypatch.setattr("devhost.blobs.LISTING_SHARE", 1.0)
    container = storage.create_container("poison")
    container.upload_blob("a", b"")
    calls: list[str] = []

    def call(blob: BlobClient) -> None:
        calls.append(str(blob.blob_name))
        if len(calls) == MAX_CALLS:
            container.upload_blob("b", b"")
        if blob.blob_name == "a":
            raise RuntimeError("it does not work")

    listen(call, "poison/{name}", until=lambda: "b" in calls)

    assert calls == ["a"] * MAX_CALLS + ["b"]


@needs_azurite
def test_how_long_blobs_took_to_handle_does_not_put_the_next_look_off(
    storage: BlobServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devhost.blobs.LISTING_SHARE", 0.005)
    container = storage.create_container("slow")
    container.upload_blob("a", b"")
    seen: list[str] = []

    def call(blob: BlobClient) -> None:
        time.sleep(0.5)  # were it taken for listing, the next look would be 100 s away
        seen.append(str(blob.blob_name))
        container.upload_blob("b", b"", overwrite=True)

    listen(call, "slow/{name}", until=lambda: "b" in seen)

    assert seen[:2] == ["a", "b"]


@needs_azurite
def test_a_container_that_comes_later(storage: BlobServiceClient) -> None:
    seen: list[str] = []

    def call(blob: BlobClient) -> None:
        seen.append(str(blob.blob_name))

    def until() -> bool:
        if not seen:
            later = storage.get_container_client("later")
            if not later.exists():
                later.create_container()
                later.upload_blob("a", b"")
        return bool(seen)

    listen(call, "later/{name}", until=until)

    assert seen == ["a"]


@pytest.mark.parametrize("path", ["container", "container/", "/name", "{container}/name"])
def test_a_path_that_names_no_container_or_blob(path: str) -> None:
    with pytest.raises(AppError, match="is not CONTAINER/NAME"):
        BlobPattern.parse(path)
