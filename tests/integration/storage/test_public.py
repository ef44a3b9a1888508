import contextlib
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.storage.blob import PublicAccess

from shared.errors import (
    InvalidError,
    NotFoundError,
    PreconditionError,
    StorageError,
    TooLargeError,
)
from shared.inputs.public_reader import PublicReader
from shared.jobs.plan import PlannedFile
from shared.outbound.address_guard import AddressGuard, AllowedHosts
from shared.outbound.client import OutboundClient
from shared.outbound.guarded_adapter import GuardedAdapter
from shared.retry import RetryPolicy
from tests.contracts.blob_store import ODD_NAMES

HERE = AddressGuard(AllowedHosts.read("127.0.0.0/8"))


class Site(BaseHTTPRequestHandler):
    """Answers by path: /status/CODE, /hops/N, /to-file, /broken, /whoami."""

    def do_GET(self):
        kind, _, rest = self.path.partition("?")[0].strip("/").partition("/")
        getattr(self, f"answer_{kind.replace('-', '_')}")(rest)

    def do_HEAD(self):
        self.do_GET()

    def answer_status(self, rest):
        self.reply(int(rest))

    def answer_hops(self, rest):
        self.reply(302, {"Location": f"/hops/{int(rest) - 1}"}) if int(rest) else self.reply(200)

    def answer_to_file(self, rest):
        self.reply(302, {"Location": "file:///etc/hostname"})

    def answer_nohead(self, rest):
        self.reply(405 if self.command == "HEAD" else 200)

    def answer_broken(self, rest):
        self.reply(200, {"Content-Length": "100"})

    def answer_whoami(self, rest):
        self.reply(200, {}, str(self.headers.get("Authorization")).encode())

    def reply(self, status, headers=None, body=b"body"):
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def site():
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def reader(pauses):
    outgoing = OutboundClient(RetryPolicy(sleep=pauses.append), guard=HERE)
    with contextlib.closing(PublicReader(outgoing)) as reader:
        yield reader


@pytest.fixture
def public_url(blobs, connection):
    blobs._store._service.create_container("public", public_access=PublicAccess.CONTAINER)
    return f"{connection.blob_endpoint}/public"


def test_a_folder_is_listed_and_its_files_are_read(blobs, reader, public_url):
    for name in ("in/b.csv", "in/a b.csv", "in/deep/c#.csv", "inside.csv"):
        blobs.write("public", name, name.encode())
    for url in (f"{public_url}/in", f"{public_url}/in/"):
        files = reader.list_page(url).files
        assert files[0] == PlannedFile("a b.csv", f"{public_url}/in/a%20b.csv", 10, files[0].etag)
        assert [file.name for file in files] == ["a b.csv", "b.csv", "deep/c#.csv"]
        assert reader.read(files[2].location) == b"in/deep/c#.csv"
    assert len(reader.list_page(public_url).files) == 4
    assert reader.list_page(f"{public_url}/nothing").files == ()


@pytest.mark.parametrize("name", ODD_NAMES, ids=lambda name: name[:12])
def test_odd_names(blobs, reader, public_url, name):
    blobs.write("public", name, b"odd")
    (file,) = reader.list_page(public_url).files
    assert (file.name, file.size) == (name, 3)
    assert reader.read(file.location) == b"odd"
    assert reader.exists(file.location)


def test_listing_goes_beyond_one_page(blobs, reader, public_url):
    for index in range(5):
        blobs.write("public", f"in/{index}", b"")
    names, marker = [], None
    for _ in range(3):
        page = reader.list_page(f"{public_url}/in", marker=marker, limit=2)
        names += [file.name for file in page.files]
        marker = page.marker
    assert (names, marker) == (list("01234"), None)


def test_a_file_is_listed_as_itself(blobs, reader, public_url):
    blobs.write("public", "in/a b.csv", b"1")
    url = f"{public_url}/in/a%20b.csv"
    (listed,) = reader.list_page(url).files
    assert listed == PlannedFile("a b.csv", url, 1, listed.etag)
    assert listed.etag


def test_a_part_of_the_version_that_was_listed(blobs, reader, public_url):
    blobs.write("public", "in/digits", b"0123456789")
    url = f"{public_url}/in/digits"
    (listed,) = reader.list_page(url).files
    assert reader.read_version(url, listed.etag, 2, 3) == b"234"
    assert reader.read_version(url, listed.etag, 8, 100) == b"89"
    blobs.write("public", "in/digits", b"9876543210")
    with pytest.raises(PreconditionError):
        reader.read_version(url, listed.etag, 2, 3)


def test_a_file_of_a_server_that_sends_no_parts_has_no_version(site, reader):
    (listed,) = reader.list_page(f"{site}/whoami").files
    assert (listed.size, listed.etag) == (4, "")
    with pytest.raises(PreconditionError, match="parts"):
        reader.read_version(f"{site}/whoami", "e", 0, 2)


# Azurite answers 403 where Azure answers 404, which hides which containers exist.
@pytest.mark.parametrize("container", ["private", "nosuchcontainer"])
def test_a_container_that_is_not_public(blobs, reader, connection, container):
    blobs.write("private", "in/a", b"1")
    url = f"{connection.blob_endpoint}/{container}/in"
    for call in (lambda: reader.list_page(url), lambda: reader.read(f"{url}/a")):
        with pytest.raises((NotFoundError, InvalidError), match=container):
            call()


def test_a_file_that_is_not_there(reader, public_url):
    assert not reader.exists(f"{public_url}/gone")
    with pytest.raises(NotFoundError, match="gone"):
        reader.read(f"{public_url}/gone")


def test_a_signature_opens_what_it_is_for(blobs, reader):
    blobs.write("private", "in/a", b"1")
    assert reader.read(blobs.download_url("private", "in/a", timedelta(minutes=5))) == b"1"
    listing = blobs._store._signer.listing_url("private").replace("?", "/in?")
    (file,) = reader.list_page(listing).files
    assert file.name == "a"
    assert file.location.partition("?")[2] == listing.partition("?")[2]


def test_errors_do_not_show_signatures(blobs, reader):
    url = blobs.download_url("private", "gone", timedelta(minutes=5))
    with pytest.raises(NotFoundError) as caught:
        reader.read(url)
    assert "sig=" not in caught.value.message


def test_redirects_are_followed_so_far(reader, site):
    assert reader.read(f"{site}/hops/5") == b"body"
    with pytest.raises(InvalidError, match="more than 5 times"):
        reader.read(f"{site}/hops/6")
    with pytest.raises(InvalidError, match="http:// or https://"):
        reader.read(f"{site}/to-file")


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("status/404", NotFoundError),
        ("status/410", NotFoundError),
        ("status/403", InvalidError),
        ("status/400", InvalidError),
        ("status/500", StorageError),
        ("status/503", StorageError),
        ("broken/", StorageError),
    ],
)
def test_errors(reader, site, path, error):
    with pytest.raises(error, match=path.partition("/")[0]):
        reader.read(f"{site}/{path}")


def test_what_may_pass_is_tried_again_through_the_same_door(reader, site, pauses, monkeypatch):
    sent = []
    send = GuardedAdapter.send

    def spy(self, request, **options):
        sent.append(request.url.removeprefix(site))
        return send(self, request, **options)

    monkeypatch.setattr(GuardedAdapter, "send", spy)
    reader.read(f"{site}/hops/1")
    with pytest.raises(StorageError, match="503"):
        reader.read(f"{site}/status/503")
    assert sent == ["/hops/1", "/hops/0", *["/status/503"] * 6]
    assert len(pauses) == 5
    assert sum(pauses) <= 15


def test_exists(reader, site):
    assert reader.exists(f"{site}/hops/1")
    assert reader.exists(f"{site}/nohead/")
    assert not reader.exists(f"{site}/status/404")
    with pytest.raises(InvalidError):
        reader.exists(f"{site}/status/403")


def test_the_size_is_bounded(reader, site):
    assert reader.read(f"{site}/hops/0", max_bytes=4) == b"body"
    with pytest.raises(TooLargeError, match="3 bytes"):
        reader.read(f"{site}/hops/0", max_bytes=3)


def test_no_credentials_of_this_machine_are_sent(reader, site, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert reader.read(f"{site}/whoami/") == b"None"


def test_nobody_there_is_a_storage_error(reader, site):
    with pytest.raises(StorageError, match="could not be read"):
        reader.read("http://127.0.0.1:1/x")


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://host/x", "/path", "http://", "http://[bad", "a b"]
)
def test_what_is_no_http_url_is_refused(reader, url):
    for call in (reader.read, reader.exists, reader.list_page):
        with pytest.raises(InvalidError):
            call(url)


def test_a_url_with_neither_file_nor_container(reader, site):
    for url in (f"{site}/status/404", "https://a.blob.core.windows.net/"):
        with pytest.raises(NotFoundError, match=r"no file at|answered 404"):
            reader.list_page(url)


def test_what_is_no_listing_is_a_storage_error(reader, site):
    with pytest.raises(StorageError, match="listing"):
        reader.list_page(f"{site}/hops/0/")
