"""Contract of every BlobStore; a subclass gives the fixture `blobs`."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import ConflictError, InvalidError, NotFoundError, PreconditionError
from shared.storage.ports import BlobInfo, BlobStore
from tests.contracts.table_store import race

ODD_NAMES = [
    "with space",
    " leading and trailing ",
    "ünï/€/😀.csv",
    "a#b",
    "a?b=c",
    "100%",
    "a%20b",
    "a%2Fb",
    "a+b",
    "a&b<c>\"d'",
    "a//b",
    "/leading",
    "trailing/",
    "//",
    "a:b*c|d[e]{f}^`~",
    "dots.",
    "..dots",
    "x" * 1024,
    "é/" * 511 + "é",
    "日" * 1024,
]


class BlobStoreContract:
    def test_a_blob_comes_back_as_it_was_written(self, blobs: BlobStore):
        data = bytes(range(256)) * 40
        blobs.write("data", "folder/file.bin", data)
        assert blobs.read("data", "folder/file.bin") == data
        blobs.write("data", "folder/file.bin", b"")
        assert blobs.read("data", "folder/file.bin") == b""

    def test_what_is_not_there_is_not_found(self, blobs: BlobStore):
        blobs.write("data", "here", b"1")
        for container, name in (("data", "gone"), ("nosuchcontainer", "gone"), ("data", "gone//")):
            with pytest.raises(NotFoundError, match="gone"):
                blobs.read(container, name)
            assert blobs.info(container, name) is None
            blobs.delete(container, name)

    def test_create_refuses_to_overwrite(self, blobs: BlobStore):
        for name in ("new", "new//"):
            blobs.create("data", name, b"first")
            with pytest.raises(ConflictError, match="new"):
                blobs.create("data", name, b"second")
            assert blobs.read("data", name) == b"first"

    def test_one_of_twenty_creates_wins(self, blobs: BlobStore):
        results = race(20, lambda i: blobs.create("races", "claim", b"%d" % i))
        assert [type(r) for r in results if r is not None] == [ConflictError] * 19
        assert blobs.read("races", "claim") == b"%d" % results.index(None)

    def test_info(self, blobs: BlobStore):
        before = datetime.now(UTC) - timedelta(seconds=2)
        blobs.write("data", "a", b"123")
        info = blobs.info("data", "a")
        assert info is not None
        assert (info.name, info.size) == ("a", 3)
        assert before <= info.last_modified <= datetime.now(UTC) + timedelta(seconds=2)
        assert info.etag
        blobs.write("data", "a", b"456")
        assert blobs.info("data", "a").etag != info.etag

    def test_a_range(self, blobs: BlobStore):
        for name in ("a", "odd//name"):
            blobs.write("data", name, b"0123456789")
            assert blobs.read_range("data", name, 2, 3) == b"234"
            assert blobs.read_range("data", name, 8, 100) == b"89"
        with pytest.raises(NotFoundError):
            blobs.read_range("data", "none", 0, 1)

    @pytest.mark.parametrize("name", ["digits", "a//b"])
    def test_a_range_of_the_version_that_was_listed(self, blobs: BlobStore, name: str):
        blobs.write("data", name, b"0123456789")
        (listed,) = blobs.list_page("data", name).blobs
        assert blobs.read_version("data", name, listed.etag, 2, 3) == b"234"
        assert blobs.read_version("data", name, listed.etag, 8, 100) == b"89"
        blobs.write("data", name, b"9876543210")
        with pytest.raises(PreconditionError):
            blobs.read_version("data", name, listed.etag, 2, 3)
        blobs.delete("data", name)
        with pytest.raises(PreconditionError):
            blobs.read_version("data", name, listed.etag, 2, 3)

    def test_metadata_is_committed_with_the_blocks(self, blobs: BlobStore):
        assert blobs.metadata("data", "made") is None
        blobs.stage_block("data", "made", "1", b"x")
        assert blobs.metadata("data", "made") is None
        blobs.commit_blocks("data", "made", ["1"], metadata={"job": "a-1"})
        assert blobs.metadata("data", "made") == {"job": "a-1"}
        blobs.write("data", "made", b"over")
        assert blobs.metadata("data", "made") == {}

    def test_a_listing_tells_the_same_as_info(self, blobs: BlobStore):
        blobs.write("data", "a", b"123")
        assert blobs.list_page("data", "").blobs == (blobs.info("data", "a"),)

    def test_listing_goes_by_prefix_in_order(self, blobs: BlobStore):
        for name in ("in/b", "in/B", "in/a/z", "in/10", "in/9", "input", "other"):
            blobs.write("data", name, b"")
        assert self.names(blobs, "in/") == ["in/10", "in/9", "in/B", "in/a/z", "in/b"]
        assert self.names(blobs, "in") == [*self.names(blobs, "in/"), "input"]
        assert self.names(blobs, "nothing") == []
        assert blobs.list_page("nosuchcontainer", "").blobs == ()

    def test_listing_goes_page_by_page(self, blobs: BlobStore):
        names = [f"ü {index:02}" for index in range(7)]
        for name in reversed(names):
            blobs.write("data", name, b"")
        seen: list[str] = []
        sizes, marker = [], None
        while True:
            page = blobs.list_page("data", "ü ", marker=marker, limit=3)
            seen += [blob.name for blob in page.blobs]
            sizes.append(len(page.blobs))
            marker = page.marker
            if marker is None:
                break
        assert (seen, sizes) == (names, [3, 3, 1])

    @pytest.mark.parametrize("limit", [0, 5001])
    def test_the_limit_is_bounded(self, blobs: BlobStore, limit):
        with pytest.raises(InvalidError, match="1 to 5,000"):
            blobs.list_page("data", "", limit=limit)

    @pytest.mark.parametrize("name", ODD_NAMES, ids=lambda name: name[:12])
    def test_names_round_trip(self, blobs: BlobStore, name):
        blobs.write("names", name, b"written")
        assert blobs.read("names", name) == b"written"
        info = blobs.info("names", name)
        assert info is not None
        assert (info.name, info.size) == (name, 7)
        assert blobs.list_page("names", "").blobs == (info,)
        assert blobs.list_page("names", name).blobs == (info,)
        with pytest.raises(ConflictError):
            blobs.create("names", name, b"")
        blobs.delete("names", name)
        assert blobs.list_page("names", "").blobs == ()
        blobs.stage_block("names", name, "1", b"staged")
        blobs.commit_blocks("names", name, ["1"])
        assert blobs.read("names", name) == b"staged"

    @pytest.mark.parametrize(
        "name", ["", "x" * 1025, "a\\b", "tab\t", "\x00", ".", "..", "a/./b", "../a", "half\ud83d"]
    )
    def test_names_that_cannot_be(self, blobs: BlobStore, name):
        for call in (
            lambda: blobs.write("data", name, b""),
            lambda: blobs.read("data", name),
            lambda: blobs.stage_block("data", name, "1", b"1"),
            lambda: blobs.download_url("data", name, timedelta(hours=1)),
        ):
            with pytest.raises(InvalidError, match="blob name"):
                call()

    @pytest.mark.parametrize(
        "container", ["", "ab", "Upper", "a--b", "-ab", "ab-", "a_b", "x" * 64]
    )
    def test_containers_that_cannot_be(self, blobs: BlobStore, container):
        with pytest.raises(InvalidError, match="container name"):
            blobs.write(container, "a", b"")

    def test_blocks_become_a_blob_in_the_order_of_the_commit(self, blobs: BlobStore):
        for block in ("b", "a", "d", "c"):
            blobs.stage_block("data", "out.csv", f"block-{block}", block.encode() * 3)
        assert blobs.info("data", "out.csv") is None
        assert self.names(blobs, "out") == []
        blobs.commit_blocks("data", "out.csv", ["block-a", "block-d", "block-b"])
        assert blobs.read("data", "out.csv") == b"aaadddbbb"

    def test_a_block_staged_again_counts_once(self, blobs: BlobStore):
        blobs.stage_block("data", "out", "0", b"first")
        blobs.stage_block("data", "out", "0", b"second")
        blobs.commit_blocks("data", "out", ["0"])
        assert blobs.read("data", "out") == b"second"

    def test_no_blocks_make_an_empty_blob(self, blobs: BlobStore):
        blobs.commit_blocks("fresh", "empty", [])
        assert blobs.read("fresh", "empty") == b""

    def test_commit_refuses_to_overwrite(self, blobs: BlobStore):
        blobs.stage_block("data", "out", "0", b"first")
        blobs.commit_blocks("data", "out", ["0"])
        with pytest.raises(ConflictError, match="out"):
            blobs.commit_blocks("data", "out", ["0"])
        blobs.stage_block("data", "out", "1", b"second")
        with pytest.raises(ConflictError, match="out"):
            blobs.commit_blocks("data", "out", ["1"])
        assert blobs.read("data", "out") == b"first"

    def test_one_of_two_commits_wins(self, blobs: BlobStore):
        for block in "01":
            blobs.stage_block("races", "out", block, block.encode())
        results = race(2, lambda i: blobs.commit_blocks("races", "out", [str(i)]))
        assert sorted(type(result).__name__ for result in results) == ["ConflictError", "NoneType"]
        assert blobs.read("races", "out") == b"%d" % results.index(None)

    def test_a_block_that_was_never_staged_is_not_found(self, blobs: BlobStore):
        blobs.stage_block("data", "out", "0", b"0")
        with pytest.raises(NotFoundError, match="out"):
            blobs.commit_blocks("data", "out", ["0", "1"])
        with pytest.raises(NotFoundError, match="none"):
            blobs.commit_blocks("data", "none", ["0"])
        assert blobs.info("data", "out") is None

    def test_blocks_that_cannot_be(self, blobs: BlobStore):
        blobs.stage_block("data", "out", "0", b"0")
        for block_id, data in (("01", b"0"), ("é", b"0"), ("x" * 65, b"0"), ("", b"0"), ("1", b"")):
            with pytest.raises(InvalidError):
                blobs.stage_block("data", "out", block_id, data)
        with pytest.raises(InvalidError, match="50,000"):
            blobs.commit_blocks("data", "out", ["0"] * 50_001)
        blobs.stage_block("data", "longest", "x" * 64, b"1")
        blobs.commit_blocks("data", "longest", ["x" * 64])

    def test_delete(self, blobs: BlobStore):
        blobs.write("data", "a", b"")
        blobs.delete("data", "a")
        assert blobs.info("data", "a") is None
        blobs.create("data", "a", b"again")

    def test_urls_name_the_blob_and_their_lifetime(self, blobs: BlobStore):
        blobs.write("data", "a b", b"")
        for url in (
            blobs.upload_url("data", "a b", timedelta(hours=1)),
            blobs.download_url("data", "a b", timedelta(hours=1)),
        ):
            assert "data/a%20b?" in url
            assert "se=" in url

    def names(self, blobs: BlobStore, prefix: str) -> list[str]:
        page = blobs.list_page("data", prefix)
        assert all(isinstance(blob, BlobInfo) for blob in page.blobs)
        return [blob.name for blob in page.blobs]
