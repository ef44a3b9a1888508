"""Models, environments and data assets over HTTP."""

import threading
from typing import Any

import pytest

from tests.functional.harness import Answer, App

ROOT = "azureml://datastores/workspaceblobstore/paths"
CONDA = {"dependencies": ["python=3.11", {"pip": ["mlflow"]}]}


@pytest.fixture
def document(app: App, kind: str) -> dict[str, Any]:
    """A document of a kind, without a version."""
    app.put("LocalUpload/a/model/MLmodel", "flavors: {}")
    app.put("in/taxi.csv", "a,b\n")
    return {
        "models": {"name": "taxi", "path": f"{ROOT}/LocalUpload/a/model"},
        "environments": {"name": "taxi", "conda_file": CONDA, "image": "python:3.11"},
        "data": {"name": "taxi", "path": f"{ROOT}/in"},
    }[kind]


every_kind = pytest.mark.parametrize("kind", ["models", "environments", "data"])


def refused(answer: Answer) -> dict[str | None, str]:
    assert answer.status == 422, answer.document
    return {detail["target"]: detail["message"] for detail in answer.error["details"]}


@every_kind
def test_creates_shows_and_deletes(app: App, kind: str, document: dict[str, Any]):
    created = app.call("POST", kind, {**document, "description": "d", "tags": {"team": "risk"}})
    assert created.status == 201
    assert created.headers["Location"].endswith(f"/api/{kind}/taxi/versions/1")
    assert created.document["id"] == "azureml:taxi:1"
    assert created.document["tags"] == {"team": "risk"}
    assert created.document["created_at"].startswith("2026-01-01T00:00:00")
    assert app.call("GET", f"{kind}/taxi/versions/1").document == created.document
    assert app.call("GET", f"{kind}/TAXI/versions/latest").document == created.document
    assert app.call("DELETE", f"{kind}/taxi/versions/1").status == 204
    assert app.call("GET", f"{kind}/taxi/versions/1").status == 404
    assert app.call("GET", f"{kind}/taxi/versions/latest").status == 404
    assert app.call("GET", f"{kind}/taxi/versions").status == 404
    assert app.call("DELETE", f"{kind}/taxi/versions/1").status == 404
    assert app.call("GET", kind).document["value"] == []


@every_kind
def test_counts_versions(app: App, kind: str, document: dict[str, Any]):
    for version, expected in ((None, "1"), ("7", "7"), (None, "8"), ("draft", "draft"), (3, "3")):
        given = {} if version is None else {"version": version}
        assert app.call("POST", kind, {**document, **given}).document["version"] == expected
    listed = app.call("GET", f"{kind}/taxi/versions").document["value"]
    assert [item["version"] for item in listed] == ["3", "draft", "8", "7", "1"]
    assert app.call("GET", f"{kind}/taxi/versions/latest").document["version"] == "3"
    assert app.call("POST", kind, document).document["version"] == "9"


@every_kind
def test_gives_no_number_twice(app: App, kind: str, document: dict[str, Any]):
    for expected in ("1", "2"):
        assert app.call("POST", kind, document).document["version"] == expected
    assert app.call("DELETE", f"{kind}/taxi/versions/2").status == 204
    assert app.call("GET", f"{kind}/taxi/versions/latest").document["version"] == "1"
    assert app.call("DELETE", f"{kind}/taxi/versions/1").status == 204
    assert app.call("POST", kind, document).document["version"] == "3"


@every_kind
def test_deletes_an_older_version(app: App, kind: str, document: dict[str, Any]):
    for _ in range(3):
        app.call("POST", kind, document)
    assert app.call("DELETE", f"{kind}/taxi/versions/1").status == 204
    assert app.call("GET", f"{kind}/taxi/versions/latest").document["version"] == "3"
    listed = app.call("GET", f"{kind}/taxi/versions").document["value"]
    assert [item["version"] for item in listed] == ["3", "2"]


@every_kind
def test_answers_the_same_content_and_refuses_another(
    app: App, kind: str, document: dict[str, Any]
):
    first = app.call("POST", kind, {**document, "version": 1})
    again = app.call("POST", kind, {**document, "version": "1"})
    assert (again.status, again.document) == (200, first.document)
    other = app.call("POST", kind, {**document, "version": 1, "description": "other"})
    assert (other.status, other.error["code"]) == (409, "VersionExists")
    assert app.call("GET", f"{kind}/taxi/versions/1").document == first.document


@every_kind
def test_lists_the_newest_version_of_each_by_name(app: App, kind: str, document: dict[str, Any]):
    for name in ("b", "a", "b", "A-2"):
        assert app.call("POST", kind, {**document, "name": name}).status == 201
    first = app.call("GET", f"{kind}?top=2").document
    assert [item["id"] for item in first["value"]] == ["azureml:a:1", "azureml:A-2:1"]
    following = first["nextLink"].partition("/api/")[2]
    second = app.call("GET", following).document
    assert [item["id"] for item in second["value"]] == ["azureml:b:2"]
    assert second["nextLink"] is None
    versions = app.call("GET", f"{kind}/b/versions?top=1").document
    more = app.call("GET", versions["nextLink"].partition("/api/")[2]).document
    assert [item["version"] for item in versions["value"] + more["value"]] == ["2", "1"]


@every_kind
def test_racing_creations_get_a_number_each(app: App, kind: str, document: dict[str, Any]):
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(app.call("POST", kind, document)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {201}
    assert {answer.document["version"] for answer in answers} == {str(n) for n in range(1, 9)}


@every_kind
def test_says_what_is_not_there(app: App, kind: str, document: dict[str, Any]):
    app.call("POST", kind, document)
    answer = app.call("GET", f"{kind}/taxi/versions/5")
    assert (answer.status, answer.error["code"]) == (404, "AssetNotFound")
    assert "its newest version is '1'" in answer.error["message"]
    assert app.call("GET", f"{kind}/other/versions/1").status == 404


def test_finds_out_the_type_of_a_model(app: App):
    app.put("LocalUpload/a/model/MLmodel", "flavors: {}")
    app.put("LocalUpload/b/m.pkl", "x")
    mlflow = app.call("POST", "models", {"name": "a", "path": f"{ROOT}/LocalUpload/a/model"})
    custom = app.call("POST", "models", {"name": "b", "path": f"{ROOT}/LocalUpload/b/m.pkl"})
    assert (mlflow.document["type"], custom.document["type"]) == ("mlflow_model", "custom_model")
    claimed = {"name": "c", "path": f"{ROOT}/LocalUpload/b", "type": "mlflow_model"}
    assert "no MLmodel file" in refused(app.call("POST", "models", claimed))["type"]


def test_refuses_a_model_that_was_not_uploaded(app: App):
    nothing = app.call("POST", "models", {"name": "m", "path": f"{ROOT}/LocalUpload/none"})
    assert "nothing has been uploaded" in refused(nothing)["path"]
    app.put("in/x", "x")
    root = app.call("POST", "models", {"name": "m", "path": f"{ROOT}/"})
    assert "must name a file or a folder" in refused(root)["path"]
    elsewhere = {"name": "m", "path": "azureml://datastores/none/paths/x"}
    answer = app.call("POST", "models", elsewhere)
    assert (answer.status, answer.error["code"]) == (404, "DatastoreNotFound")
    assert answer.error["target"] == "path"


def test_normalises_environments(app: App):
    text = "dependencies:\n  - python=3.11\n  - pip: [mlflow]\n"
    answer = app.call("POST", "environments", {"name": "e", "conda_file": text})
    assert answer.document["conda_file"] == CONDA
    assert answer.document["image"] is None
    again = {"name": "e", "version": 1, "conda_file": CONDA}
    assert app.call("POST", "environments", again).status == 200


def test_reads_yaml(app: App):
    body = b"name: e\nversion: 2\nconda_file:\n  dependencies: [python=3.11]\n"
    answer = app.call("POST", "environments", body, Content_Type="application/yaml")
    assert (answer.status, answer.document["id"]) == (201, "azureml:e:2")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{ROOT}/in", "uri_folder"),
        (f"{ROOT}/in/taxi.csv", "uri_file"),
        ("https://example.org/data/taxi.csv?x=1", "uri_file"),
        ("https://example.org/data/taxi/", "uri_folder"),
    ],
)
def test_finds_out_the_type_of_data(app: App, path: str, expected: str):
    app.put("in/taxi.csv", "a,b\n")
    answer = app.call("POST", "data", {"name": "d", "path": path})
    assert (answer.status, answer.document["type"]) == (201, expected)


def test_refuses_data_that_is_not_what_it_says(app: App):
    app.put("in/taxi.csv", "a,b\n")
    file = {"name": "d", "path": f"{ROOT}/in/taxi.csv", "type": "uri_folder"}
    assert "must be 'uri_file'" in refused(app.call("POST", "data", file))["type"]
    folder = {"name": "d", "paths": [{"file": f"{ROOT}/in"}]}
    assert "must be 'uri_folder'" in refused(app.call("POST", "data", folder))["paths[0]"]
    nothing = {"name": "d", "path": f"{ROOT}/none"}
    assert "nothing" in refused(app.call("POST", "data", nothing))["path"]


def test_refuses_to_delete_what_a_deployment_uses(app: App):
    model, conda = app.model(), {"conda_file": CONDA}
    app.call("POST", "models", {"name": "m", "version": 1, "path": model["path"]})
    app.call("POST", "models", {"name": "m", "version": 2, "path": model["path"]})
    app.call("POST", "environments", {"name": "e", "version": 3, **conda})
    environment = {"name": "e", "version": 3, **conda}
    assert app.endpoint(environment=environment).status == 201
    for path in ("models/m/versions/1", "environments/e/versions/3"):
        answer = app.call("DELETE", path)
        assert (answer.status, answer.error["code"]) == (409, "InUse")
        assert "the deployment 'blue' of the endpoint 'taxi'" in answer.error["message"]
    assert app.call("DELETE", "models/m/versions/2").status == 204
    assert app.call("DELETE", "endpoints/taxi").status == 204
    assert app.call("DELETE", "models/m/versions/1").status == 204
    assert app.call("DELETE", "environments/e/versions/3").status == 204


def test_serves_the_schemas(app: App):
    for name in ("asset", "model", "environment", "data", "datastore", "compute"):
        assert app.call("GET", f"schemas/{name}.json").document["$id"] == f"{name}.json"
