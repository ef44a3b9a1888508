"""Upload URLs."""

from typing import Any

import pytest

from shared.principal import Role
from tests.functional.harness import App
from tests.tokens import token_of


def test_hands_out_a_url_per_file(app: App):
    answer = app.call("POST", "uploads", {"files": [{"path": "m/MLmodel"}, {"path": "m/a b.txt"}]})
    assert answer.status == 201
    document = answer.document
    assert document["uri"].startswith("azureml://datastores/workspaceblobstore/paths/LocalUpload/")
    assert [item["path"] for item in document["files"]] == ["m/MLmodel", "m/a b.txt"]
    assert document["files"][0]["headers"] == {"x-ms-blob-type": "BlockBlob"}


def test_goes_on_with_an_upload(app: App):
    first = app.call("POST", "uploads", {"files": [{"path": "a"}]}).document
    more = {"upload_id": first["upload_id"], "files": [{"path": "b"}]}
    assert app.call("POST", "uploads", more).document["uri"] == first["uri"]


@pytest.mark.parametrize("path", ["../a", "a/../b", "a//b", "a\\b", "", ".", "a\nb", "x" * 901])
def test_refuses_paths_that_leave_their_folder(app: App, path: str):
    answer = app.call("POST", "uploads", {"files": [{"path": path}]})
    assert answer.status == 422
    assert answer.error["target"] == "files[0].path"


def test_refuses_none_and_too_many_files(app: App):
    assert app.call("POST", "uploads", {"files": []}).status == 422
    assert app.call("POST", "uploads", {"files": [{"path": "a"}] * 1001}).status == 422


def content(app: App, *files: tuple[str, int | None], upload_id: str = "0123abcd" * 8) -> list[Any]:
    sized = [
        {"path": path} if size is None else {"path": path, "size": size} for path, size in files
    ]
    answer = app.call("POST", "uploads", {"upload_id": upload_id, "files": sized})
    assert answer.status == 201, answer.document
    assert [item["path"] for item in answer.document["files"]] == [path for path, _ in files]
    return [item["url"] for item in answer.document["files"]]


def test_files_that_are_there_need_no_upload(app: App):
    folder = f"LocalUpload/{'0123abcd' * 8}"
    app.put(f"{folder}/m/MLmodel", "12345")
    app.put(f"{folder}/m/empty", "")
    urls = content(app, ("m/MLmodel", 5), ("m/empty", 0), ("m/new", 5), ("m/MLmodel", None))
    assert [url is None for url in urls] == [True, True, False, False]
    assert content(app, ("m/MLmodel", 5)) == [None]
    assert None not in content(app, ("m/MLmodel", 4))
    assert None not in content(app, ("m/MLmodel", 5), upload_id="another0")


def test_looks_at_every_page_of_a_large_upload(app: App):
    folder = f"LocalUpload/{'0123abcd' * 8}"
    for number in range(5003):
        app.put(f"{folder}/f{number:05d}", "x")
    assert content(app, ("f00000", 1), ("f05002", 1), ("f05003", 1))[:2] == [None, None]


@pytest.mark.parametrize("size", [-1, 1.5, "1"])
def test_refuses_sizes_that_are_none(app: App, size: object):
    answer = app.call("POST", "uploads", {"files": [{"path": "a", "size": size}]})
    assert (answer.status, answer.error["target"]) == (422, "files[0].size")


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "C:/Windows/win.ini",
        "c:file",
        "folder/",
        "a/./b",
        "a/\x00b",
        "a\x7fb",
        "a\x9bb",
        "a\u2028b",
        "exe.\u202efdp",
        "ä" * 128,
    ],
    ids=ascii,
)
def test_refuses_paths_that_are_not_what_they_seem(app: App, path: str):
    answer = app.call("POST", "uploads", {"files": [{"path": path}]})
    assert answer.status == 422
    assert answer.error["target"] == "files[0].path"


@pytest.mark.parametrize(
    "path", ["naïve/模型.bin", "a b/~c#d?e%41.txt", "x" * 255, ".hidden", "עברית.csv"]
)
def test_takes_odd_names_exactly(app: App, path: str):
    upload = app.call("POST", "uploads", {"files": [{"path": path}]}).document
    assert upload["files"][0]["path"] == path


def test_an_invoker_cannot_add_to_a_contributors_upload(app: App):
    body = {"upload_id": "0123abcd" * 8, "files": [{"path": "code/score.py"}]}
    uris = []
    for role, user in ((Role.CONTRIBUTOR, "a"), (Role.INVOKER, "b"), (Role.INVOKER, "c")):
        app.token = token_of(role, user)
        uris.append(app.call("POST", "uploads", body).document["uri"])
    assert len(set(uris)) == 3
    assert uris[0].endswith(f"LocalUpload/{body['upload_id']}")
    assert not any(uri.startswith(uris[0]) for uri in uris[1:])


@pytest.mark.parametrize("path", ["LocalUpload/0123abcd/code", "LocalUpload"])
def test_no_output_goes_among_the_uploads(app: App, path: str):
    app.endpoint()
    output = {"datastoreId": "azureml:workspaceblobstore", "path": path}
    answer = app.invoke(app.inputs(1), outputDataset=output)
    assert answer.status == 422
    assert "LocalUpload" in answer.error["message"]
