"""Datastores and computes over HTTP, and jobs whose input and output are in a datastore."""

from typing import Any

import pytest

from tests.functional.harness import App

DOCUMENTS: dict[str, dict[str, Any]] = {
    "datastores": {"name": "raw", "type": "azure_blob", "container_name": "raw", "prefix": "a/b"},
    "computes": {"name": "cpu", "type": "AmlCompute", "min_instances": 0, "max_instances": 5},
}

every_kind = pytest.mark.parametrize("kind", ["datastores", "computes"])


@every_kind
def test_creates_shows_and_deletes(app: App, kind: str):
    document = DOCUMENTS[kind]
    created = app.call("POST", kind, document)
    assert created.status == 201
    assert created.headers["Location"].endswith(f"/api/{kind}/{document['name']}")
    assert created.document["id"] == f"azureml:{document['name']}"
    again = app.call("POST", kind, document)
    assert (again.status, again.document) == (200, created.document)
    assert app.call("GET", f"{kind}/{document['name'].upper()}").document == created.document
    assert created.document in app.call("GET", kind).document["value"]
    assert app.call("DELETE", f"{kind}/{document['name']}").status == 204
    assert app.call("GET", f"{kind}/{document['name']}").status == 404
    assert app.call("DELETE", f"{kind}/{document['name']}").status == 404


def test_another_content_changes_a_compute_but_no_datastore(app: App):
    for kind, document in DOCUMENTS.items():
        app.call("POST", kind, document)
    changed = app.call("POST", "computes", {**DOCUMENTS["computes"], "max_instances": 7})
    assert (changed.status, changed.document["max_instances"]) == (200, 7)
    refused = app.call("POST", "datastores", {**DOCUMENTS["datastores"], "prefix": "c"})
    assert (refused.status, refused.error["target"]) == (409, "name")


def test_reads_the_keys_of_todays_form(app: App):
    compute = {**DOCUMENTS["computes"], "tier": "low_priority", "location": "westeurope"}
    assert app.call("POST", "computes", compute).status == 201
    datastore = {**DOCUMENTS["datastores"], "account_name": "devstoreaccount1", "protocol": "https"}
    assert app.call("POST", "datastores", datastore).status == 201
    elsewhere = app.call("POST", "datastores", {**datastore, "account_name": "another"})
    assert (elsewhere.status, elsewhere.error["target"]) == (422, "account_name")


@every_kind
def test_lists_by_name(app: App, kind: str):
    for name in ("c", "a", "B"):
        app.call("POST", kind, {**DOCUMENTS[kind], "name": name})
    names = [item["name"] for item in app.call("GET", kind).document["value"]]
    assert names[:3] == ["a", "B", "c"]
    assert names[3:] == (["inbox", "workspaceblobstore"] if kind == "datastores" else [])


def test_fills_in_what_a_compute_leaves_out(app: App):
    answer = app.call("POST", "computes", {"name": "cpu", "type": "AmlCompute"})
    document = {key: answer.document[key] for key in ("type", "size", "min_instances")}
    assert document == {"type": "amlcompute", "size": None, "min_instances": 0}
    assert answer.document["max_instances"] == 1


def test_the_default_datastore_is_always_there(app: App):
    shown = app.call("GET", "datastores/workspaceblobstore").document
    assert (shown["container_name"], shown["created_at"]) == ("workspaceblobstore", None)
    document = {"name": "WorkspaceBlobStore", "container_name": "other"}
    assert app.call("POST", "datastores", document).error["code"] == "BuiltIn"
    assert app.call("DELETE", "datastores/workspaceblobstore").error["code"] == "BuiltIn"


def test_refuses_to_delete_a_compute_in_use(app: App):
    app.call("POST", "computes", DOCUMENTS["computes"])
    assert app.endpoint(compute={"target": "azureml:CPU", "instance_count": 1}).status == 201
    answer = app.call("DELETE", "computes/cpu")
    assert (answer.status, answer.error["code"]) == (409, "InUse")
    assert "the deployment 'blue' of the endpoint 'taxi'" in answer.error["message"]
    app.invoke(app.inputs(1), job="one")
    app.call("DELETE", "endpoints/taxi?force=true")
    assert "the running job 'one'" in app.call("DELETE", "computes/cpu").error["message"]
    app.run_jobs()
    assert app.call("DELETE", "computes/cpu").status == 204


def test_scores_from_and_into_a_datastore_with_a_prefix(app: App):
    app.call("POST", "datastores", DOCUMENTS["datastores"])
    app.endpoint()
    for number in range(3):
        app.blobs.write("raw", f"a/b/in/2026/f{number}.txt", b"x\n")
    app.blobs.write("raw", "in/not-mine.txt", b"x\n")
    output = {"datastoreId": "azureml:raw", "path": "out"}
    answer = app.invoke(
        "azureml://datastores/raw/paths/in", job="one", outputDataset=output, miniBatchSize=2
    )
    assert answer.status == 201, answer.document
    refusal = app.call("DELETE", "datastores/raw")
    assert "the running job 'one'" in refusal.error["message"]
    assert app.run_jobs() == ["Completed"]
    rows = app.blobs.read("raw", "a/b/out/predictions.csv").decode().splitlines()
    assert [row.split(",")[0] for row in rows] == [
        "file",
        "2026/f0.txt",
        "2026/f1.txt",
        "2026/f2.txt",
    ]
    outputs = app.call("GET", "jobs/one/outputs").document["value"]
    assert "predictions.csv" in [item["name"] for item in outputs]
    assert app.call("DELETE", "datastores/raw").status == 204


def test_scores_everything_in_a_datastore(app: App):
    app.call("POST", "datastores", DOCUMENTS["datastores"])
    app.endpoint()
    app.blobs.write("raw", "a/b/f.txt", b"x\n")
    app.blobs.write("raw", "a/bc/not-mine.txt", b"x\n")
    answer = app.invoke("azureml://datastores/raw/paths/", job="one")
    assert answer.status == 201, answer.document
    assert app.run_jobs() == ["Completed"]
    assert app.job("one")["counts"]["files"]["total"] == 1


def test_uses_a_model_in_a_datastore(app: App):
    app.call("POST", "datastores", DOCUMENTS["datastores"])
    app.blobs.write("raw", "a/b/m/MLmodel", b"flavors: {}")
    model = {"name": "m", "path": "azureml://datastores/raw/paths/m"}
    assert app.endpoint(model=model).status == 201
    refusal = app.call("DELETE", "datastores/raw")
    assert "the deployment 'blue' of the endpoint 'taxi'" in refusal.error["message"]
    app.call("DELETE", "endpoints/taxi")
    assert app.call("POST", "models", model).status == 201
    refusal = app.call("DELETE", "datastores/raw")
    assert "the model 'azureml:m:1'" in refusal.error["message"]
    app.call("DELETE", "models/m/versions/1")
    assert app.call("DELETE", "datastores/raw").status == 204


def test_unknown_datastores_and_bad_documents(app: App):
    answer = app.call("POST", "datastores", {"name": "s", "container_name": "No"})
    assert (answer.status, answer.error["target"]) == (422, "container_name")
    app.endpoint()
    unknown = app.invoke("azureml://datastores/none/paths/in")
    assert (unknown.status, unknown.error["code"]) == (404, "DatastoreNotFound")
