from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.endpoint_documents import Making, read_deployment, read_endpoint
from shared.domain.scoring_settings import LoggingLevel, OutputAction
from shared.errors import InvalidError

MAKING = Making(datetime(2026, 1, 1, tzinfo=UTC), "revision", cores=4)
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
