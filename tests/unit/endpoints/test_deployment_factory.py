from datetime import UTC, datetime

import pytest

from shared.endpoints.deployment_factory import (
    DeploymentContext,
    change_deployment,
    make_deployment,
)
from shared.endpoints.drafts import DeploymentDraft, ModelDraft
from shared.endpoints.model import CodeConfiguration, Deployment, Environment, Model
from shared.endpoints.scoring_settings import LoggingLevel, OutputAction
from shared.endpoints.settings_draft import SettingsDraft
from shared.endpoints.time_budget import TimeBudget
from shared.errors import InvalidError
from shared.targets import Targets

URI = "azureml://datastores/workspaceblobstore/paths/LocalUpload/x/model"


class Registered:
    """A registry that has the model m:3 and the environment e:2."""

    def model(self, reference: str, target: str) -> Model:
        assert (reference, target) == ("azureml:m:3", "deployments[0].model")
        return Model("m", "3", URI)

    def environment(self, reference: str, target: str) -> Environment:
        assert (reference, target) == ("azureml:e@latest", "deployments[0].environment")
        return Environment("e", "2")


CONTEXT = DeploymentContext(
    datetime(2026, 1, 1, tzinfo=UTC), lambda: "revision", 4, Registered(), TimeBudget(1000)
)


def make(draft: DeploymentDraft) -> Deployment:
    return make_deployment(draft, "taxi", CONTEXT)


def current() -> Deployment:
    draft = DeploymentDraft(
        "blue",
        model=ModelDraft(URI, "m", "1"),
        code_configuration=CodeConfiguration(URI, "score.py"),
        environment=Environment(image="ubuntu"),
        environment_variables={"A": "1", "B": "2"},
        description="first",
        settings=SettingsDraft(compute="azureml:cpu", mini_batch_size=5, timeout=7.5),
    )
    return make(draft)


def change(draft: DeploymentDraft) -> Deployment:
    return change_deployment(current(), draft, CONTEXT)


def test_fills_in_every_default():
    made = make(DeploymentDraft("blue", model=ModelDraft(URI)))
    assert made.model == Model("blue", "1", URI)
    settings = made.settings
    assert settings.mini_batch_size == 10
    assert settings.output_action is OutputAction.APPEND_ROW
    assert settings.output_file_name == "predictions.csv"
    assert (settings.retry_settings.max_retries, settings.retry_settings.timeout) == (3, 30)
    assert settings.error_threshold == -1
    assert settings.logging_level is LoggingLevel.INFO
    assert settings.max_concurrency_per_instance == 4
    assert settings.compute.instance_count == 1
    assert settings.concurrency == 4


def test_freezes_what_references_stand_for():
    draft = DeploymentDraft(
        "blue",
        model="azureml:m:3",
        environment="azureml:e@latest",
        targets=Targets("deployments[0]"),
    )
    made = make(draft)
    assert made.model == Model("m", "3", URI)
    assert made.environment == Environment("e", "2")


def test_a_new_deployment_needs_a_model():
    with pytest.raises(InvalidError, match="model: must be given"):
        make(DeploymentDraft("blue"))


def test_a_change_of_nothing_is_another_revision_only():
    assert change(DeploymentDraft("blue")) == current()


def test_a_change_merges_settings_and_variables():
    settings = SettingsDraft(instance_count=2, max_retries=0)
    changed = change(
        DeploymentDraft("blue", environment_variables={"B": "3"}, settings=settings, description="")
    )
    assert changed.environment_variables == {"A": "1", "B": "3"}
    assert (changed.settings.compute.target, changed.settings.concurrency) == ("azureml:cpu", 8)
    retry = changed.settings.retry_settings
    assert (retry.max_retries, retry.timeout) == (0, 7.5)
    assert (changed.settings.mini_batch_size, changed.description) == (5, "")


def test_a_change_replaces_a_model_as_a_whole():
    other = f"{URI}2"
    assert change(DeploymentDraft("blue", model=ModelDraft(other))).model == Model(
        "blue", "1", other
    )


@pytest.mark.parametrize(
    ("draft", "target"),
    [
        (DeploymentDraft("green"), "name"),
        (DeploymentDraft("blue", endpoint_name="other"), "endpoint_name"),
        (DeploymentDraft("blue", settings=SettingsDraft(timeout=900)), "settings.timeout"),
    ],
)
def test_refuses_a_change_that_cannot_be(draft: DeploymentDraft, target: str):
    with pytest.raises(InvalidError) as caught:
        change(draft)
    assert caught.value.target == target


def test_names_fields_as_the_request_does():
    draft = DeploymentDraft(
        "blue",
        model=ModelDraft(URI),
        settings=SettingsDraft(timeout=900),
        targets=Targets("properties", {"settings.timeout": "retrySettings.timeout"}),
    )
    with pytest.raises(InvalidError) as caught:
        make(draft)
    assert caught.value.target == "properties.retrySettings.timeout"
