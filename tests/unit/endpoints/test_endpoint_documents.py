from datetime import UTC, datetime
from typing import Any

import pytest

from shared.endpoints.deployment_documents import DeploymentContext, read_deployment
from shared.endpoints.documents import read_endpoint
from shared.endpoints.model import Environment, Model
from shared.endpoints.scoring_settings import LoggingLevel, OutputAction
from shared.errors import InvalidError


class Registered:
    """A registry that has the model m:3 and the environment e:2."""

    def model(self, reference: str, target: str) -> Model:
        assert (reference, target) == ("azureml:m:3", "deployments[0].model")
        return Model("m", "3", URI)

    def environment(self, reference: str, target: str) -> Environment:
        assert (reference, target) == ("azureml:e@latest", "deployments[0].environment")
        return Environment("e", "2")


MAKING = DeploymentContext(datetime(2026, 1, 1, tzinfo=UTC), lambda: "revision", 4, Registered())
URI = "azureml://datastores/workspaceblobstore/paths/LocalUpload/x/model"


def deployment(**more: Any) -> dict[str, Any]:
    return {"name": "blue", "model": {"name": "m", "version": 1, "path": URI}, **more}


def endpoint(**more: Any) -> dict[str, Any]:
    return {"name": "mybatchedp", "deployments": [deployment()], **more}


def violations(document: dict[str, Any]) -> dict[str | None, str]:
    with pytest.raises(InvalidError) as caught:
        read_endpoint(document, MAKING)
    return {detail.target: detail.message for detail in caught.value.details}


def test_fills_in_every_default():
    made, deployments = read_endpoint(endpoint(traffic={"blue": 100}), MAKING)
    assert made.active_deployment == "blue"
    settings = deployments[0].settings
    assert settings.mini_batch_size == 10
    assert settings.output_action is OutputAction.APPEND_ROW
    assert settings.output_file_name == "predictions.csv"
    assert (settings.retry_settings.max_retries, settings.retry_settings.timeout) == (3, 30)
    assert settings.error_threshold == -1
    assert settings.logging_level is LoggingLevel.INFO
    assert settings.max_concurrency_per_instance == 4
    assert settings.compute.instance_count == 1
    assert settings.concurrency == 4


def test_reads_the_2021_form_in_full():
    document = {
        "$schema": "https://example.org/batchEndpoint.schema.json",
        "name": "mybatchedp",
        "description": "my sample batch endpoint",
        "type": "batch",
        "auth_mode": "aad_token",
        "tags": {"team": "risk"},
        "traffic": {"autolog_deployment": 100},
        "deployments": [
            deployment(
                name="autolog_deployment",
                compute={"target": "azureml:cpu-cluster", "instance_count": 2},
                mini_batch_size=5,
                output_file_name="out.csv",
                retry_settings={"max_retries": 1, "timeout": 7.5},
                error_threshold=10,
                logging_level="debug",
                environment_variables={"A": 1, "B": "x"},
            )
        ],
    }
    made, (first,) = read_endpoint(document, MAKING)
    assert (made.description, made.tags) == ("my sample batch endpoint", {"team": "risk"})
    assert first.settings.compute.target == "azureml:cpu-cluster"
    assert first.settings.concurrency == 8
    assert first.settings.retry_settings.timeout == 7.5
    assert first.settings.logging_level is LoggingLevel.DEBUG
    assert first.environment_variables == {"A": "1", "B": "x"}


def test_reads_deployments_as_a_mapping():
    _, deployments = read_endpoint(
        {"name": "abc", "deployments": {"green": {"model": {"path": URI}}}}, MAKING
    )
    assert [item.name for item in deployments] == ["green"]


@pytest.mark.parametrize("name", ["ab", "1abc", "-abc", "abc-", "a_bc", "a" * 65, "a.b", ""])
def test_refuses_names_that_break_the_pattern(name: str):
    assert "name" in violations(endpoint(name=name))


@pytest.mark.parametrize(
    ("document", "target", "message"),
    [
        (endpoint(deployment=1), "deployment", "did you mean 'deployments'"),
        (endpoint(traffic={"blue": 50}), "traffic.blue", "must be 0 or 100, not 50"),
        (endpoint(traffic={"red": 100}), "traffic.red", "there is no deployment 'red'"),
        (endpoint(type="online"), "type", 'must be "batch"'),
        (endpoint(auth_mode="key"), "auth_mode", "aad_token"),
        (endpoint(tags={"a": 1}), "tags.a", "must be text"),
        (endpoint(deployments=3), "deployments", "must be a list or a mapping"),
    ],
)
def test_names_each_violation_by_its_path(document: dict[str, Any], target: str, message: str):
    assert message in violations(document)[target]


def test_refuses_two_active_deployments():
    document = endpoint(
        deployments=[deployment(), deployment(name="green")], traffic={"blue": 100, "green": 100}
    )
    assert "at most one" in violations(document)["traffic"]


def test_refuses_two_deployments_of_one_name():
    document = endpoint(deployments=[deployment(), deployment()])
    assert "two deployments" in violations(document)["deployments[1].name"]


def test_names_all_violations_of_a_deployment_together():
    document = endpoint(
        deployments=[
            deployment(
                retry_settings={"timeout": "soon", "max_retries": -1},
                mini_batch_sizes=3,
                output_file_name="a/b",
                logging_level="loud",
                compute={"instance_count": 0},
                error_threshold=-2,
            )
        ]
    )
    assert set(violations(document)) == {
        "deployments[0].retry_settings.timeout",
        "deployments[0].retry_settings.max_retries",
        "deployments[0].mini_batch_sizes",
        "deployments[0].output_file_name",
        "deployments[0].logging_level",
        "deployments[0].compute.instance_count",
        "deployments[0].error_threshold",
    }


def test_sends_local_paths_back_to_the_client():
    document = endpoint(deployments=[deployment(model={"local_path": "./model"})])
    assert "upload" in violations(document)["deployments[0].model.local_path"]


@pytest.mark.parametrize("path", ["./model", "https://x/y", "azureml://datastores/a/paths/../b"])
def test_a_model_must_be_in_a_datastore(path: str):
    document = endpoint(deployments=[deployment(model={"path": path})])
    assert "deployments[0].model.path" in violations(document)


def test_a_deployment_of_its_own_may_name_its_endpoint_only():
    assert read_deployment(deployment(endpoint_name="abc"), "abc", MAKING).endpoint_name == "abc"
    with pytest.raises(InvalidError, match="endpoint_name: must be 'abc'"):
        read_deployment(deployment(endpoint_name="other"), "abc", MAKING)


def test_reads_todays_form():
    document = {
        "$schema": "https://example.org/batchDeployment.schema.json",
        "name": "blue",
        "endpoint_name": "abc",
        "type": "model",
        "model": {"path": URI},
        "code_configuration": {"code": URI, "scoring_script": "score.py"},
        "environment": {"image": "ubuntu", "conda_file": "dependencies: [python=3.11]\n"},
        "compute": "azureml:cpu-cluster",
        "resources": {"instance_count": 2},
        "settings": {
            "max_concurrency_per_instance": 3,
            "mini_batch_size": 7,
            "output_action": "summary_only",
            "retry_settings": {"max_retries": 1, "timeout": 300},
            "error_threshold": 5,
            "logging_level": "info",
        },
    }
    made = read_deployment(document, "abc", MAKING)
    assert made.settings.compute.target == "azureml:cpu-cluster"
    assert made.settings.concurrency == 6
    assert made.settings.mini_batch_size == 7
    assert made.settings.output_action is OutputAction.SUMMARY_ONLY
    assert made.settings.retry_settings.timeout == 300
    assert made.code_configuration is not None
    assert made.code_configuration.scoring_script == "score.py"
    assert made.environment == Environment(
        conda_file={"dependencies": ["python=3.11"]}, image="ubuntu"
    )


def test_freezes_what_references_stand_for():
    document = endpoint(
        deployments=[deployment(model="azureml:m:3", environment="azureml:e@latest")]
    )
    _, (made,) = read_endpoint(document, MAKING)
    assert made.model == Model("m", "3", URI)
    assert made.environment == Environment("e", "2")


@pytest.mark.parametrize(
    "target", ["cpu", "azureml:cpu", "/subscriptions/s/computes/cpu", "azureml:/s/computes/cpu"]
)
def test_a_compute_is_named_in_many_ways(target: str):
    for compute in (target, {"target": target}):
        made = read_deployment(deployment(compute=compute), "abc", MAKING)
        assert made.settings.compute.target == "azureml:cpu"


def test_todays_default_is_the_traffic():
    made, _ = read_endpoint(endpoint(defaults={"deployment_name": "blue"}), MAKING)
    assert made.active_deployment == "blue"


@pytest.mark.parametrize(
    ("document", "target"),
    [
        (endpoint(defaults={"deployment_name": "blue"}, traffic={}), "defaults.deployment_name"),
        (endpoint(defaults={"deployment_name": "red"}), "traffic.red"),
        (
            endpoint(deployments=[deployment(mini_batch_size=1, settings={"mini_batch_size": 2})]),
            "deployments[0].settings.mini_batch_size",
        ),
        (
            endpoint(
                deployments=[
                    deployment(compute={"instance_count": 1}, resources={"instance_count": 2})
                ]
            ),
            "deployments[0].resources.instance_count",
        ),
        (
            endpoint(deployments=[deployment(environment={"conda_file": "./conda.yml"})]),
            "deployments[0].environment.conda_file",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(document: dict[str, Any], target: str):
    assert target in violations(document)
