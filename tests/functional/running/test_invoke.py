"""Requests to the scoring URI."""

from typing import Any

import pytest

from tests.functional.harness import App


def test_answers_at_once_with_the_job(app: App):
    app.endpoint(mini_batch_size=3)
    answer = app.invoke(app.inputs(4))
    assert answer.status == 201
    job = answer.document
    assert answer.headers["Location"].endswith(f"/api/jobs/{job['name']}")
    assert job["status"] == "NotStarted"
    assert job["settings"]["mini_batch_size"] == 3
    assert job["output"]["path"] == f"azureml/{job['name']}/score"
    assert [(name, instance) for name, instance, _ in app.client.started] == [
        ("score_job", job["name"])
    ]


@pytest.mark.parametrize(
    ("uri", "status", "code"),
    [
        ("azureml://datastores/workspaceblobstore/paths/none", 404, "InputNotFound"),
        ("azureml://datastores/other/paths/none", 404, "DatastoreNotFound"),
        ("https://example.org/none.csv", 404, "NotFound"),
        ("ftp://example.org/x", 422, "InvalidValue"),
    ],
)
def test_refuses_an_input_that_is_not_there(app: App, uri: str, status: int, code: str):
    app.endpoint()
    answer = app.invoke(uri)
    assert (answer.status, answer.error["code"]) == (status, code)
    assert app.client.started == []


def test_refuses_an_output_that_exists(app: App):
    app.endpoint()
    app.put("mine/predictions.csv", "kept")
    answer = app.invoke(app.inputs(1), outputDataset={"path": "mine"})
    assert (answer.status, answer.error["code"]) == (409, "OutputExists")
    assert app.get("mine/predictions.csv") == b"kept"


def test_needs_an_active_deployment_or_a_named_one(app: App):
    app.endpoint()
    app.call("PATCH", "endpoints/taxi", {"traffic": {"blue": 0}})
    uri = app.inputs(1)
    assert app.invoke(uri).error["code"] == "NoActiveDeployment"
    body = {"properties": {"dataset": {"dataInputType": "DataUrl", "path": uri}}}
    named = app.call("POST", "endpoints/taxi/jobs", body, azureml_model_deployment="blue")
    assert named.status == 201
    unknown = app.call("POST", "endpoints/taxi/jobs", body, azureml_model_deployment="red")
    assert (unknown.status, unknown.error["code"]) == (404, "DeploymentNotFound")


def test_an_unknown_endpoint_is_not_found(app: App):
    assert app.invoke(app.inputs(1), "none").error["code"] == "EndpointNotFound"


@pytest.mark.parametrize("header", ["Idempotency_Key", "repeatability_request_id"])
def test_a_repeated_request_gets_the_first_ones_job(app: App, header: str):
    app.endpoint()
    body = {"properties": {"dataset": {"dataInputType": "DataUrl", "path": app.inputs(1)}}}
    first = app.call("POST", "endpoints/taxi/jobs", body, **{header: "key"})
    second = app.call("POST", "endpoints/taxi/jobs", body, **{header: "key"})
    other = app.call("POST", "endpoints/taxi/jobs", body, **{header: "another"})
    assert first.document["name"] == second.document["name"] != other.document["name"]
    assert len(app.client.started) == 2


def test_a_job_name_is_taken_once(app: App):
    app.endpoint()
    uri = app.inputs(1)
    assert app.invoke(uri, job="nightly-1").document["name"] == "nightly-1"
    again = app.invoke(uri, job="nightly-1")
    assert (again.status, again.error["code"]) == (409, "JobExists")


def test_the_job_keeps_the_deployment_that_it_started_with(app: App):
    app.endpoint(mini_batch_size=2)
    job = app.invoke(app.inputs(4)).document["name"]
    app.call("DELETE", "endpoints/taxi?force=true")
    assert app.run_jobs() == ["Completed"]
    assert app.job(job)["counts"]["mini_batches"]["total"] == 2


def test_lists_jobs_newest_first_in_pages_and_by_status(app: App):
    app.endpoint()
    app.endpoint("other")
    uri = app.inputs(1)
    names = [app.invoke(uri).document["name"] for _ in range(5)]
    elsewhere = app.invoke(uri, "other").document["name"]
    app.run_jobs()
    names.append(app.invoke(uri).document["name"])

    def listed(path: str) -> list[Any]:
        found: list[str] = []
        while path:
            page = app.call("GET", path).document
            found += [item["name"] for item in page["value"]]
            path = (page["nextLink"] or "").partition("/api/")[2]
        return found

    assert listed("endpoints/taxi/jobs?top=2") == names[::-1]
    assert listed("jobs?top=4") == [names[5], elsewhere, *names[4::-1]]
    assert listed("jobs?status=completed&endpoint=taxi") == names[4::-1]
    assert app.call("GET", "jobs?status=done").status == 422
    assert app.call("GET", "jobs?top=0").status == 422


def test_an_unknown_job_is_not_found(app: App):
    for path in ("jobs/none", "jobs/none/outputs"):
        answer = app.call("GET", path)
        assert (answer.status, answer.error["code"]) == (404, "JobNotFound")


def test_a_timeout_that_does_not_fit_in_the_function_is_refused(app: App):
    app.endpoint()
    answer = app.invoke(app.inputs(1), retrySettings={"timeout": 1201})
    assert (answer.status, answer.error["target"]) == (422, "properties.retrysettings.timeout")
    assert "at most 1200 seconds, not 1201" in answer.error["message"]
    assert app.invoke(app.inputs(1), retrySettings={"timeout": 1200}).status == 201


def test_a_deployments_timeout_has_to_fit_too(app: App):
    answer = app.endpoint(retry_settings={"timeout": 1201})
    assert answer.status == 422
    assert answer.error["target"] == "deployments[0].retry_settings.timeout"
    assert "functionTimeout" in answer.error["message"]
    answer = app.endpoint(settings={"retry_settings": {"timeout": 1201}})
    assert answer.error["target"] == "deployments[0].settings.retry_settings.timeout"
    app.endpoint()
    change = {"retry_settings": {"timeout": 5000}}
    answer = app.call("PATCH", "endpoints/taxi/deployments/blue", change)
    assert (answer.status, answer.error["target"]) == (422, "retry_settings.timeout")
