from datetime import timedelta

import pytest
import requests

from shared.errors import InvalidError
from tests.contracts.blob_store import ODD_NAMES, BlobStoreContract


class TestAzureBlobStore(BlobStoreContract):
    @pytest.mark.parametrize("name", [*ODD_NAMES, "plain/name.csv"], ids=lambda name: name[:12])
    def test_urls_open_their_blob_alone(self, blobs, name):
        upload = blobs.upload_url("uploads", name, timedelta(minutes=5))
        put = requests.put(
            upload, data=b"sent", headers={"x-ms-blob-type": "BlockBlob"}, timeout=10
        )
        assert put.status_code == 201, put.text
        assert blobs.read("uploads", name) == b"sent"
        assert requests.get(upload, timeout=10).status_code == 403
        download = blobs.download_url("uploads", name, timedelta(minutes=5))
        assert requests.get(download, timeout=10).content == b"sent"
        assert requests.delete(download, timeout=10).status_code == 403

    def test_an_upload_url_takes_blocks(self, blobs):
        url = blobs.upload_url("uploads", "big", timedelta(minutes=5))
        block = requests.put(f"{url}&comp=block&blockid=MDE%3D", data=b"1", timeout=10)
        assert block.status_code == 201, block.text
        body = "<BlockList><Latest>MDE=</Latest></BlockList>"
        assert requests.put(f"{url}&comp=blocklist", data=body, timeout=10).status_code == 201
        assert blobs.read("uploads", "big") == b"1"

    @pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(days=-1), timedelta(days=8)])
    def test_lifetimes_that_cannot_be(self, blobs, lifetime):
        with pytest.raises(InvalidError, match="6 days"):
            blobs.download_url("data", "a", lifetime)

    @pytest.mark.parametrize("name", ["plain", "odd//name"])
    def test_the_content_type_is_kept(self, blobs, name):
        blobs.write("data", name, b"", content_type="text/csv")
        assert self.content_type(blobs, name) == "text/csv"
        blobs.delete("data", name)
        blobs.create("data", name, b"", content_type="application/json")
        assert self.content_type(blobs, name) == "application/json"
        blobs.delete("data", name)
        blobs.commit_blocks("data", name, [], content_type="text/plain")
        assert self.content_type(blobs, name) == "text/plain"

    def test_a_container_that_vanished_is_made_again(self, blobs):
        blobs.write("data", "a", b"")
        blobs._store._service.delete_container("data")
        blobs.write("data", "b", b"")
        assert blobs.read("data", "b") == b""
        blobs._store._service.delete_container("data")
        blobs.stage_block("data", "c", "0", b"0")
        assert blobs.list_page("data", "").blobs == ()

    def test_folders_of_a_hierarchical_account_are_no_blobs(self, blobs):
        blobs.write("data", "folder/file", b"1")
        client = blobs._store._service.get_blob_client("data", "folder")
        client.upload_blob(b"", metadata={"hdi_isfolder": "true"})
        assert [blob.name for blob in blobs.list_page("data", "").blobs] == ["folder/file"]

    def test_some_megabytes(self, blobs):
        data = bytes(50_000_000)
        blobs.write("data", "large", data)
        assert blobs.info("data", "large").size == len(data)
        assert blobs.read("data", "large") == data

    def content_type(self, blobs, name):
        client = blobs._store._service.get_blob_client("data", name)
        return client.get_blob_properties().content_settings.content_type
