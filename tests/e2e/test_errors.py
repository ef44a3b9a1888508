"""Errors in requests are reported over real HTTP: their place, and a right value."""

from typing import Any

import pytest

from tests.e2e.service import DATASTORE, Service, points_csv

MODEL = {"name": "m", "path": f"{DATASTORE}/models/good"}


def deployment(name: str = "blue", **more: Any) -> dict[str, Any]:
    return {"name": name, "model": MODEL, **more}


def endpoint(*deployments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "wrong", "deployments": list(deployments) or [deployment()], **more}


@pytest.fixture(scope="module", autouse=True)
def uploads(service: Service) -> None:
    service.put("models", {"good/MLmodel": "flavors: {}", "bad/readme.txt": "no model"})
    service.put("points", {"a.csv": points_csv([(1, 2)])})


WRONG = {
    "unknown key": (endpoint(size=3), "size", "unknown"),
    "unknown key of a deployment": (
        endpoint(deployment(mini_batch=3)),
        "deployments[0].mini_batch",
        "mini_batch_size",
    ),
    "wrong type": (
        endpoint(deployment(mini_batch_size="ten")),
        "deployments[0].mini_batch_size",
        "a whole number",
    ),
    "value out of range": (
        endpoint(deployment(retry_settings={"timeout": -1})),
        "deployments[0].retry_settings.timeout",
        "must be",
    ),
    "name": (endpoint() | {"name": "1wrong"}, "name", "letter"),
    "traffic of 50": (endpoint(traffic={"blue": 50}), "traffic.blue", "0 or 100"),
    "two active deployments": (
        endpoint(deployment("a"), deployment("b"), traffic={"a": 100, "b": 100}),
        "traffic",
        "one",
    ),
    "unknown deployment": (endpoint(traffic={"green": 100}), "traffic.green", "green"),
    "no MLmodel": (
        endpoint(deployment(model={"name": "m", "path": f"{DATASTORE}/models/bad"})),
        "deployments[0].model",
        "MLmodel",
    ),
}


@pytest.mark.parametrize(("document", "target", "part"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_endpoint(
    service: Service, document: dict[str, Any], target: str, part: str
) -> None:
    answer = service.http.post("/endpoints", json=document)

    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert error["target"] == target
    assert part in error["message"]
    assert service.http.get(f"/endpoints/{document['name']}").status_code == 404


def test_bad_yaml_has_line_and_column(service: Service) -> None:
    answer = service.http.post(
        "/endpoints",
        content=b"name: wrong\ntags: {a: 1\ntraffic: x\n",
        headers={"Content-Type": "application/yaml"},
    )

    assert answer.status_code == 400
    assert "line 3" in answer.json()["error"]["message"]
    assert "column" in answer.json()["error"]["message"]


def test_several_violations_are_named_together(service: Service) -> None:
    document = endpoint(deployment(error_threshold="x"), tags=3, kind=1)

    error = service.http.post("/endpoints", json=document).json()["error"]

    targets = [detail["target"] for detail in error["details"]]
    assert targets == ["deployments[0].error_threshold", "kind", "tags"]


def test_an_unknown_endpoint(service: Service) -> None:
    for answer in (
        service.http.get("/endpoints/nobody"),
        service.http.patch("/endpoints/nobody", json={"tags": {}}),
        service.http.delete("/endpoints/nobody"),
        service.invoke("nobody", f"{DATASTORE}/points"),
    ):
        assert answer.status_code == 404
        assert "nobody" in answer.json()["error"]["message"]
    told = service.cli("endpoint", "show", "--name", "nobody")
    assert told.code != 0
    assert "nobody" in told.err
    assert told.out == ""


def test_an_endpoint_that_exists(service: Service, plane: str) -> None:
    answer = service.http.post("/endpoints", json=endpoint() | {"name": plane})

    assert answer.status_code == 409
    (kept,) = service.http.get(f"/endpoints/{plane}").json()["deployments"]
    assert kept["name"] == "linear"


@pytest.mark.parametrize("place", ["nowhere", "points/b.csv"])
def test_an_input_that_is_not_there(service: Service, plane: str, place: str) -> None:
    answer = service.invoke(plane, f"{DATASTORE}/{place}")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "InputNotFound"
    assert place in answer.json()["error"]["message"]


def test_a_public_input_that_is_not_there_or_empty(service: Service, plane: str) -> None:
    service.storage.create_container("empty", public_access="container")

    for place in ("empty", "empty/folder", "empty/a.csv"):
        answer = service.invoke(plane, f"{service.storage.url}{place}")
        assert answer.status_code == 404, answer.text


def test_wrong_settings_of_a_job(service: Service, plane: str) -> None:
    uri = f"{DATASTORE}/points"
    no_path = {"properties": {"dataset": {"dataInputType": "DataUrl"}}}

    unknown = service.invoke(plane, uri, speed=9)
    wrong = service.invoke(plane, uri, miniBatchSize=0)
    incomplete = service.http.post(f"/endpoints/{plane}/jobs", json=no_path)
    told = service.cli("endpoint", "invoke", "-n", plane, "--input-path", uri, "-m", "0")

    assert {unknown.status_code, wrong.status_code, incomplete.status_code} == {422}
    assert "speed" in unknown.json()["error"]["target"]
    assert "path" in incomplete.json()["error"]["message"]
    assert told.code != 0
    assert "'--mini-batch-size': 0 is not in the range x>=1" in told.err


def test_an_output_that_exists(service: Service, plane: str) -> None:
    uri = f"{DATASTORE}/points"
    place = {"datastoreId": "azureml:workspaceblobstore", "path": "kept"}
    first = service.run(plane, uri, outputDataset=place)
    before = service.output(first)

    answer = service.invoke(plane, uri, outputDataset=place)

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "OutputExists"
    assert service.output(first) == before


def test_an_unknown_job_and_an_unknown_route(service: Service) -> None:
    assert service.http.get("/jobs/nobody").status_code == 404
    assert service.http.get("/nothing/here").status_code == 404
    assert service.cli("job", "stream", "--name", "nobody").code != 0
