"""Upload URLs."""

import pytest

from tests.functional.harness import App


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
