from typing import Any

import pytest

from api.readers.deployments import read_deployment, read_deployment_change
from api.readers.endpoints import read_endpoint, read_endpoint_change
from shared.endpoints.drafts import EndpointDraft, ModelDraft
from shared.endpoints.model import Environment
from shared.endpoints.scoring_settings import LoggingLevel, OutputAction
from shared.endpoints.settings_draft import SettingsDraft
from shared.errors import InvalidError

URI = "azureml://datastores/workspaceblobstore/paths/LocalUpload/x/model"


def deployment(**more: Any) -> dict[str, Any]:
    return {"name": "blue", "model": {"name": "m", "version": 1, "path": URI}, **more}


def endpoint(**more: Any) -> dict[str, Any]:
    return {"name": "mybatchedp", "deployments": [deployment()], **more}


def violations(document: dict[str, Any]) -> dict[str | None, str]:
    with pytest.raises(InvalidError) as caught:
        read_endpoint(document)
    return {detail.target: detail.message for detail in caught.value.details}


def test_says_nothing_of_what_is_left_out():
    assert read_endpoint({"name": "mybatchedp"}) == EndpointDraft("mybatchedp")
    (draft,) = read_endpoint(endpoint()).deployments
    assert draft.settings == SettingsDraft()
    assert (draft.environment, draft.environment_variables, draft.description) == (None, None, None)


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
    draft = read_endpoint(document)
    assert (draft.description, draft.tags) == ("my sample batch endpoint", {"team": "risk"})
    assert draft.traffic == {"autolog_deployment": 100}
    (first,) = draft.deployments
    assert first.model == ModelDraft(URI, "m", "1")
    assert first.settings == SettingsDraft(
        compute="azureml:cpu-cluster",
        instance_count=2,
        mini_batch_size=5,
        output_file_name="out.csv",
        max_retries=1,
        timeout=7.5,
        error_threshold=10,
        logging_level=LoggingLevel.DEBUG,
    )
    assert first.environment_variables == {"A": "1", "B": "x"}


def test_reads_deployments_as_a_mapping():
    document = {"name": "abc", "deployments": {"green": {"model": {"path": URI}}}}
    (draft,) = read_endpoint(document).deployments
    assert (draft.name, draft.model) == ("green", ModelDraft(URI))
    assert draft.targets.of("model.path") == "deployments.green.model.path"


@pytest.mark.parametrize("name", ["ab", "1abc", "-abc", "abc-", "a_bc", "a" * 65, "a.b", ""])
def test_refuses_names_that_break_the_pattern(name: str):
    assert "name" in violations(endpoint(name=name))


@pytest.mark.parametrize(
    ("document", "target", "message"),
    [
        (endpoint(deployment=1), "deployment", "did you mean 'deployments'"),
        (endpoint(traffic={"blue": 50}), "traffic.blue", "must be 0 or 100, not 50"),
        (endpoint(type="online"), "type", 'must be "batch"'),
        (endpoint(auth_mode="key"), "auth_mode", "aad_token"),
        (endpoint(tags={"a": 1}), "tags.a", "must be text"),
        (endpoint(deployments=3), "deployments", "must be a list or a mapping"),
    ],
)
def test_names_each_violation_by_its_path(document: dict[str, Any], target: str, message: str):
    assert message in violations(document)[target]


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


def test_a_deployment_of_its_own_may_name_its_endpoint():
    assert read_deployment(deployment(endpoint_name="abc")).endpoint_name == "abc"


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
    made = read_deployment(document)
    assert made.settings == SettingsDraft(
        compute="azureml:cpu-cluster",
        instance_count=2,
        max_concurrency_per_instance=3,
        mini_batch_size=7,
        output_action=OutputAction.SUMMARY_ONLY,
        max_retries=1,
        timeout=300,
        error_threshold=5,
        logging_level=LoggingLevel.INFO,
    )
    assert made.targets.of("settings.timeout") == "settings.retry_settings.timeout"
    assert made.code_configuration is not None
    assert made.code_configuration.scoring_script == "score.py"
    assert made.environment == Environment(
        conda_file={"dependencies": ["python=3.11"]}, image="ubuntu"
    )


def test_leaves_references_as_they_are():
    (draft,) = read_endpoint(
        endpoint(deployments=[deployment(model="azureml:m:3", environment="azureml:e@latest")])
    ).deployments
    assert (draft.model, draft.environment) == ("azureml:m:3", "azureml:e@latest")
    assert draft.targets.of("model") == "deployments[0].model"


@pytest.mark.parametrize(
    "target", ["cpu", "azureml:cpu", "/subscriptions/s/computes/cpu", "azureml:/s/computes/cpu"]
)
def test_a_compute_is_named_in_many_ways(target: str):
    for compute in (target, {"target": target}):
        made = read_deployment(deployment(compute=compute))
        assert made.settings.compute == "azureml:cpu"


def test_todays_default_is_the_traffic():
    document = endpoint(defaults={"deployment_name": "azureml:blue"})
    assert read_endpoint(document).traffic == {"blue": 100}


@pytest.mark.parametrize(
    ("document", "target"),
    [
        (endpoint(defaults={"deployment_name": "blue"}, traffic={}), "defaults.deployment_name"),
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


def test_a_change_of_an_endpoint_says_no_more_than_it_has():
    draft = read_endpoint_change({"tags": {}}, "mybatchedp")
    assert draft == EndpointDraft("mybatchedp", tags={})


def test_a_change_of_a_deployment_needs_neither_name_nor_model():
    draft = read_deployment_change({"compute": "cpu", "resources": {"instance_count": 2}}, "blue")
    assert (draft.name, draft.model) == ("blue", None)
    assert draft.settings == SettingsDraft(compute="azureml:cpu", instance_count=2)


def test_a_change_of_a_deployment_in_both_forms_takes_todays():
    document = {"mini_batch_size": 1, "settings": {"mini_batch_size": 2}}
    assert read_deployment_change(document, "blue").settings.mini_batch_size == 2


def test_a_change_keeps_the_name_that_it_gives():
    assert read_deployment_change({"name": "green"}, "blue").name == "green"
