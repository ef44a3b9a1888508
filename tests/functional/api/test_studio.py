"""The studio's files as they are served: policy, caching, compression."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import azure.functions as func
import pytest

from api.studio import CONTENT_TYPES, ENCODINGS, FOLDER, PAGE, StudioRoutes
from shared.errors import NotFoundError
from shared.signin.settings import SignInSettings
from tests.functional.harness import BASE, BLOBS, App
from tests.tokens import AUDIENCE, AUTHORITY, SETTINGS, TENANT

LARGEST = 150_000
REGISTERED = replace(SETTINGS, client_id="the-studio")


@pytest.fixture
def routes() -> StudioRoutes:
    return StudioRoutes(BLOBS, REGISTERED)


def request(file: str = "", **headers: str) -> func.HttpRequest:
    return func.HttpRequest(
        method="GET",
        url=f"{BASE}/api/studio/{file}",
        headers={key.replace("_", "-"): value for key, value in headers.items()},
        route_params={"file": file},
        body=b"",
    )


def built() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir() if path.suffix in CONTENT_TYPES)


def test_the_page_loads_files_that_are_there(routes: StudioRoutes):
    page = routes.page(request()).get_body().decode()
    loaded = re.findall(r'(?:src|href)="/api/studio/([^"]+)"', page)
    assert {Path(name).suffix for name in loaded} == {".js", ".css", ".svg"}
    for name in loaded:
        answer = routes.file(request(name))
        assert answer.status_code == 200
        assert answer.get_body() == (FOLDER / name).read_bytes()
        assert answer.mimetype == CONTENT_TYPES[Path(name).suffix]


def test_the_page_has_nothing_inline_and_names_no_other_host(routes: StudioRoutes):
    page = routes.page(request()).get_body().decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)
    assert "http" not in page


def test_only_own_files_may_load_and_only_storage_and_the_issuer_be_called(routes: StudioRoutes):
    headers = routes.page(request()).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {BLOBS}/ {AUTHORITY}"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def config(sign_in: SignInSettings | None) -> object:
    return json.loads(StudioRoutes(BLOBS, sign_in).config(request()).get_body())


def test_the_page_is_told_how_to_sign_in():
    assert config(REGISTERED) == {
        "authority": f"{AUTHORITY}/{TENANT}/v2.0",
        "clientId": "the-studio",
        "scope": f"{AUDIENCE}/user_impersonation",
    }


def test_an_app_without_a_registration_for_the_page_says_which_setting_is_missing(app: App):
    assert config(None) == {"missing": "BATCHPOINT_SIGN_IN_CLIENT_ID"}
    answer = app.call("GET", "studio/config")
    assert answer.document == {"missing": "BATCHPOINT_SIGN_IN_CLIENT_ID"}
    assert answer.headers["Cache-Control"] == "no-store"


def test_behind_app_service_authentication_there_is_nothing_to_do():
    assert config(replace(SETTINGS, trust_app_service=True)) == {}


def test_hashed_files_are_kept_for_ever_and_the_page_is_asked_for_anew(routes: StudioRoutes):
    for name in built():
        kept = routes.file(request(name)).headers["Cache-Control"]
        assert ("immutable" in kept) == (re.search(r"-[\w-]{8}\.", name) is not None)
    assert routes.page(request()).headers["Cache-Control"] == "no-cache"


def test_a_file_that_the_browser_has_is_not_sent_again(routes: StudioRoutes):
    etag = routes.page(request()).headers["ETag"]
    again = routes.page(request(If_None_Match=f'"other", {etag}'))
    assert (again.status_code, again.get_body()) == (304, b"")
    assert again.headers["ETag"] == etag
    assert routes.page(request(If_None_Match='"other"')).status_code == 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip;q=0.8", "gzip"),
        ("br;q=1.0, GZIP", "br"),
    ],
)
def test_files_are_sent_compressed_to_who_can_read_it(
    routes: StudioRoutes, accepted: str, coding: str | None
):
    answer = routes.page(request(Accept_Encoding=accepted))
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    ending = ENCODINGS[coding] if coding else ""
    assert answer.get_body() == (FOLDER / f"{PAGE}{ending}").read_bytes()


@pytest.mark.parametrize("name", built())
def test_compressed_files_hold_the_same(name: str):
    # Brotli is not in the standard library: scripts/studio --check looks into those files.
    plain = (FOLDER / name).read_bytes()
    assert gzip.decompress((FOLDER / f"{name}.gz").read_bytes()) == plain
    assert (FOLDER / f"{name}.br").stat().st_size < (FOLDER / f"{name}.gz").stat().st_size


def test_all_of_it_is_small():
    assert sum((FOLDER / f"{name}.gz").stat().st_size for name in built()) < LARGEST


@pytest.mark.parametrize("name", ["index-00000000.js", "index.html.br", "studio.py", ".."])
def test_there_are_no_other_files(routes: StudioRoutes, name: str):
    with pytest.raises(NotFoundError, match="its page is /api/studio/"):
        routes.file(request(name))


def test_a_missing_file_is_an_error_like_any_other(app: App):
    answer = app.call("GET", "studio/none.js")
    assert (answer.status, answer.error["code"]) == (404, "NotFound")


def test_anybody_may_load_the_page(app: App):
    app.token = None
    assert app.call("GET", "studio/config").status == 200
    assert app.call("GET", "studio/none.js").status == 404
