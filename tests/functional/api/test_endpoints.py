"""Endpoints and deployments over HTTP."""

import threading
from typing import Any

import pytest

from tests.functional.harness import Answer, App


def test_create_show_and_list(app: App):
    created = app.endpoint(mini_batch_size=5)
    assert created.status == 201
    assert created.headers["Location"].endswith("/api/endpoints/taxi")
    shown = app.call("GET", "endpoints/taxi")
    assert shown.document == created.document
    assert shown.document["scoring_uri"].endswith("/api/endpoints/taxi/jobs")
    assert shown.document["traffic"] == {"blue": 100}
    (deployment,) = shown.document["deployments"]
    assert deployment["mini_batch_size"] == 5
    assert deployment["retry_settings"] == {"max_retries": 3, "timeout": 30}
    assert deployment["provisioning_state"] == "Succeeded"
    listed = app.call("GET", "endpoints").document
    assert [item["name"] for item in listed["value"]] == ["taxi"]


def test_creates_from_yaml(app: App):
    model = app.model()
    body = f"""
name: taxi
type: batch
traffic: {{blue: 100}}
deployments:
  - name: blue
    model: {{name: m, version: 1, path: "{model["path"]}"}}
    retry_settings: {{max_retries: 1, timeout: 5}}
"""
    answer = app.call("POST", "endpoints", body.encode(), Content_Type="application/yaml")
    assert answer.status == 201
    assert answer.document["deployments"][0]["retry_settings"]["timeout"] == 5


def test_says_where_the_yaml_is_wrong(app: App):
    answer = app.call(
        "POST", "endpoints", b"name: taxi\ntraffic: {blue: 100}}", Content_Type="text/yaml"
    )
    assert answer.status == 400
    assert "line 2, column" in answer.error["message"]


def test_a_second_create_is_a_conflict(app: App):
    app.endpoint()
    again = app.endpoint()
    assert (again.status, again.error["code"]) == (409, "EndpointExists")


def refused(answer: Answer) -> dict[str | None, str]:
    assert answer.status == 422
    return {detail["target"]: detail["message"] for detail in answer.error["details"]}


def test_a_model_folder_without_mlmodel_is_refused(app: App):
    app.put("LocalUpload/m/plain/model.pkl", "x")
    uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/m/plain"
    document = {"name": "taxi", "deployments": [{"name": "b", "model": {"path": uri}}]}
    details = refused(app.call("POST", "endpoints", document))
    assert "no MLmodel file" in details["deployments[0].model"]


def test_a_model_that_was_not_uploaded_is_refused(app: App):
    uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/none/model"
    document = {"name": "taxi", "deployments": [{"name": "b", "model": {"path": uri}}]}
    details = refused(app.call("POST", "endpoints", document))
    assert "nothing has been uploaded" in details["deployments[0].model.path"]


def test_an_unknown_datastore_is_not_found(app: App):
    uri = "azureml://datastores/other/paths/x"
    document = {"name": "taxi", "deployments": [{"name": "b", "model": {"path": uri}}]}
    answer = app.call("POST", "endpoints", document)
    assert (answer.status, answer.error["code"]) == (404, "DatastoreNotFound")


@pytest.mark.parametrize(
    ("names", "more", "target", "message"),
    [
        ("b", {"traffic": {"red": 100}}, "traffic.red", "there is no deployment 'red'"),
        ("b", {"defaults": {"deployment_name": "red"}}, "traffic.red", "there is no deployment"),
        ("bg", {"traffic": {"b": 100, "g": 100}}, "traffic", "at most one"),
        ("bb", {}, "deployments[1].name", "two deployments"),
    ],
)
def test_refuses_deployments_that_do_not_fit_together(
    app: App, names: str, more: dict[str, Any], target: str, message: str
):
    deployments = [{"name": name, "model": app.model()} for name in names]
    document = {"name": "taxi", "deployments": deployments, **more}
    assert message in refused(app.call("POST", "endpoints", document))[target]


def test_a_new_deployment_may_name_no_other_endpoint(app: App):
    app.endpoint()
    document = {"name": "green", "model": app.model(), "endpoint_name": "other"}
    details = refused(app.call("POST", "endpoints/taxi/deployments", document))
    assert details["endpoint_name"] == "must be 'taxi', not 'other'"


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_unknown_endpoint_is_not_found(app: App, method: str):
    answer = app.call(method, "endpoints/none", {"description": "x"})
    assert (answer.status, answer.error["code"]) == (404, "EndpointNotFound")


def test_updates_description_tags_and_traffic(app: App):
    app.endpoint()
    answer = app.call(
        "PATCH",
        "endpoints/taxi",
        {"description": "new", "tags": {"a": "b"}, "traffic": {"blue": 0}},
    )
    assert answer.status == 200
    shown = app.call("GET", "endpoints/taxi").document
    assert (shown["description"], shown["tags"], shown["traffic"]) == (
        "new",
        {"a": "b"},
        {"blue": 0},
    )


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({}, None),
        ({"name": "x"}, "name"),
        ({"traffic": {"red": 100}}, "traffic.red"),
        ({"traffic": {"blue": 50}}, "traffic.blue"),
    ],
)
def test_refuses_bad_updates(app: App, change: dict[str, Any], target: str | None):
    app.endpoint()
    assert target in refused(app.call("PATCH", "endpoints/taxi", change))


def test_an_update_of_an_old_version_is_refused(app: App):
    etag = app.endpoint().headers["ETag"]
    assert app.call("PATCH", "endpoints/taxi", {"description": "a"}, If_Match=etag).status == 200
    late = app.call("PATCH", "endpoints/taxi", {"description": "b"}, If_Match=etag)
    assert late.status == 412
    assert app.call("GET", "endpoints/taxi").document["description"] == "a"


def test_concurrent_updates_never_overwrite_each_other(app: App):
    app.endpoint()
    both_have_read = threading.Barrier(2)
    repository = app.services.endpoints.service._endpoints
    read, waited = repository.get, threading.local()

    def read_together(name: str) -> Any:
        stored = read(name)
        if not hasattr(waited, "once"):
            waited.once = True
            both_have_read.wait(timeout=10)
        return stored

    repository.get = read_together  # type: ignore[method-assign]
    answers: list[int] = []
    changes = ({"description": "a"}, {"tags": {"a": "b"}})
    threads = [
        threading.Thread(
            target=lambda change=change: answers.append(
                app.call("PATCH", "endpoints/taxi", change).status
            )
        )
        for change in changes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 412]


def test_deployments_are_added_shown_and_deleted(app: App):
    app.endpoint()
    added = app.call("POST", "endpoints/taxi/deployments", {"name": "green", "model": app.model()})
    assert added.status == 201
    again = app.call("POST", "endpoints/taxi/deployments", {"name": "green", "model": app.model()})
    assert again.status == 409
    listed = app.call("GET", "endpoints/taxi/deployments").document["value"]
    assert [item["name"] for item in listed] == ["blue", "green"]
    assert app.call("GET", "endpoints/taxi/deployments/green").document == added.document
    assert app.call("DELETE", "endpoints/taxi/deployments/green").status == 204
    gone = app.call("GET", "endpoints/taxi/deployments/green")
    assert (gone.status, gone.error["code"]) == (404, "DeploymentNotFound")


def test_a_deployment_is_changed_in_either_form(app: App):
    app.endpoint(retry_settings={"max_retries": 1, "timeout": 9}, environment_variables={"A": "1"})
    path = "endpoints/taxi/deployments/blue"
    changed = app.call(
        "PATCH",
        path,
        {
            "mini_batch_size": 4,
            "retry_settings": {"timeout": 5},
            "settings": {"error_threshold": 3},
            "resources": {"instance_count": 2},
            "environment_variables": {"B": "2"},
        },
    )
    assert changed.status == 200, changed.document
    shown = app.call("GET", path).document
    assert shown == changed.document
    assert shown["mini_batch_size"] == 4
    assert shown["retry_settings"] == {"max_retries": 1, "timeout": 5}
    assert shown["error_threshold"] == 3
    assert shown["compute"]["instance_count"] == 2
    assert shown["environment_variables"] == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"name": "green"}, "name"),
        ({"mini_batch_sise": 1}, "mini_batch_sise"),
        ({"retry_settings": {"timeout": 0}}, "retry_settings.timeout"),
        ({"retry_settings": 3}, "retry_settings"),
        ({"settings": 3}, "settings"),
        ({"resources": []}, "resources"),
        ({"compute": [], "resources": {"instance_count": 2}}, "compute"),
    ],
)
def test_a_bad_change_of_a_deployment_is_refused(app: App, change: dict[str, Any], target: str):
    app.endpoint()
    answer = app.call("PATCH", "endpoints/taxi/deployments/blue", change)
    assert target in refused(answer)


@pytest.mark.parametrize("path", ["endpoints/{}", "jobs/{}/logs", "models/{}/versions/1"])
@pytest.mark.parametrize("name", ["a\n", "a b", "a#b", "é", "x" * 256, "-a"])
def test_there_is_nothing_with_an_impossible_name(app: App, path: str, name: str):
    answer = app.call("GET", path.format(name))
    assert (answer.status, answer.error["code"]) == (404, "NotFound")


def test_a_job_keeps_what_it_froze_when_its_deployment_changes(app: App):
    app.endpoint(mini_batch_size=2)
    job = app.invoke(app.inputs(4)).document["name"]
    app.call("PATCH", "endpoints/taxi/deployments/blue", {"mini_batch_size": 1})
    assert app.run_jobs() == ["Completed"]
    assert app.job(job)["counts"]["mini_batches"]["total"] == 2


def test_the_active_deployment_is_not_deleted(app: App):
    app.endpoint()
    assert app.call("DELETE", "endpoints/taxi/deployments/blue").error["code"] == "DeploymentActive"


def test_deleting_an_endpoint_deletes_its_deployments(app: App):
    app.endpoint()
    assert app.call("DELETE", "endpoints/taxi").status == 204
    assert app.call("GET", "endpoints/taxi").status == 404
    assert app.endpoint().document["deployments"][0]["name"] == "blue"


def test_an_endpoint_with_a_running_job_is_deleted_only_by_force(app: App):
    app.endpoint()
    assert app.invoke(app.inputs(1)).status == 201
    refused_ = app.call("DELETE", "endpoints/taxi")
    assert (refused_.status, refused_.error["code"]) == (409, "JobsRunning")
    assert app.call("DELETE", "endpoints/taxi?force=true").status == 204


def test_lists_in_pages(app: App):
    for number in range(5):
        app.endpoint(f"taxi{number}")
    names: list[str] = []
    path = "endpoints?top=2"
    while path:
        page = app.call("GET", path).document
        names += [item["name"] for item in page["value"]]
        path = (page["nextLink"] or "").partition("/api/")[2]
    assert names == [f"taxi{number}" for number in range(5)]


def test_a_body_over_the_limit_is_refused(app: App):
    assert app.call("POST", "endpoints", b"a" * (1024 * 1024 + 1)).status == 413


def test_an_unexpected_error_is_opaque_and_logged(app: App, caplog: pytest.LogCaptureFixture):
    def fail(_: str) -> None:
        raise RuntimeError("secret detail")

    app.services.endpoints.service._endpoints.get = fail  # type: ignore[assignment, method-assign]
    answer = app.call("GET", "endpoints/taxi")
    assert answer.status == 500
    assert "secret detail" not in str(answer.document)
    error_id = answer.error["message"].rsplit(" ", 1)[-1]
    assert error_id in caplog.text
    assert "secret detail" in caplog.text


def test_schemas_are_served(app: App):
    names = [item["name"] for item in app.call("GET", "schemas").document["value"]]
    assert "batch-endpoint.json" in names
    for name in names:
        assert app.call("GET", f"schemas/{name}").document["$id"] == name
    assert app.call("GET", "schemas/none.json").status == 404


def test_health(app: App):
    assert app.call("GET", "health").document["status"] == "ok"


def test_control_characters_are_refused_in_all_documents(app: App):
    answer = app.endpoint(description="a\0b", environment_variables={"A": "b\0"})
    assert answer.status == 422
    assert [detail["target"] for detail in answer.error["details"]] == [
        "deployments[0].description",
        "deployments[0].environment_variables.A",
    ]
    app.endpoint()
    answer = app.call("PATCH", "endpoints/taxi", {"tags": {"a": "\x01"}})
    assert (answer.status, answer.error["target"]) == (422, "tags.a")
    answer = app.invoke(app.inputs(1) + "/a\0b")
    assert (answer.status, answer.error["target"]) == (422, "properties.dataset.path")
    asset = {"name": "taxi", "path": app.inputs(1), "description": "a\x02"}
    for kind in ("data", "models"):
        answer = app.call("POST", kind, asset)
        assert (answer.status, answer.error["target"]) == (422, "description")
