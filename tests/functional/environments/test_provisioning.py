"""Deployments become ready: over HTTP, through the orchestrator and its activities."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from events.provisioning_watchdog import ProvisioningWatchdog
from scoring.environments.build import IndexUnreachableError
from scoring.environments.environments import Environments
from tests.functional.harness import Answer, App, FakeClient

PLACE = "azureml://datastores/workspaceblobstore/paths/LocalUpload"
LOG = "endpoints/taxi/deployments/blue/build-log"


def script(app: App, *dependencies: Any, **more: Any) -> dict[str, Any]:
    """A deployment with a scoring script that requires something."""
    app.put("LocalUpload/code/score.py", "def run(files): return files")
    return {
        "name": "blue",
        "model": {"path": f"{PLACE}/code"},
        "code_configuration": {"code": f"{PLACE}/code", "scoring_script": "score.py"},
        "environment": {"conda_file": {"dependencies": list(dependencies)}, **more},
    }


def create(app: App, deployment: dict[str, Any]) -> Answer:
    document = {"name": "taxi", "traffic": {"blue": 100}, "deployments": [deployment]}
    answer = app.call("POST", "endpoints", document)
    assert answer.status == 201, answer.document
    return answer


def shown(app: App) -> dict[str, Any]:
    return app.call("GET", "endpoints/taxi/deployments/blue").document


def test_an_environment_is_built_after_the_answer(app: App):
    answer = create(app, script(app, {"pip": ["tiny==1.0"]}))
    (deployment,) = answer.document["deployments"]
    states = (answer.document["provisioning_state"], deployment["provisioning_state"])
    assert states == ("Creating", "Creating")

    refused = app.invoke(app.inputs(2))
    assert (refused.status, refused.error["code"]) == (409, "DeploymentNotReady")
    assert "wait until its provisioning_state is Succeeded" in refused.error["message"]

    assert app.provision() == ["Succeeded"]
    assert (shown(app)["provisioning_state"], shown(app)["provisioning_error"]) == (
        "Succeeded",
        None,
    )
    assert app.call("GET", "endpoints/taxi").document["provisioning_state"] == "Succeeded"
    assert app.invoke(app.inputs(2)).status == 201
    log = app.call("GET", LOG).document
    assert "+ tiny==1.0" in log["text"]
    assert log["provisioning_state"] == "Succeeded"


def test_deployments_that_are_made_together_are_each_provisioned(app: App):
    made = {"name": "taxi", "traffic": {"blue": 100}}
    both = [{**script(app, {"pip": ["tiny==1.0"]}), "name": name} for name in ("blue", "green")]
    assert app.call("POST", "endpoints", {**made, "deployments": both}).status == 201
    assert app.provision() == ["Succeeded", "Succeeded"]


def test_what_the_app_has_needs_no_building(app: App):
    answer = create(app, script(app, {"pip": ["pytest"]}))
    assert answer.document["provisioning_state"] == "Succeeded"
    assert answer.document["deployments"][0]["warnings"] == []
    assert app.client.started == []
    assert app.call("GET", LOG).document["text"] == ""


def test_an_image_is_kept_with_a_warning(app: App):
    answer = create(app, script(app, image="mine.azurecr.io/image:1"))
    (deployment,) = answer.document["deployments"]
    assert deployment["environment"]["image"] == "mine.azurecr.io/image:1"
    assert "own image" in deployment["warnings"][0]


def test_a_failure_has_its_reason_and_an_update_builds_again(app: App):
    create(app, script(app, "tiny=3.0"))
    assert app.provision() == ["Failed"]
    assert "tiny==3.0" in shown(app)["provisioning_error"]
    assert app.call("GET", "endpoints/taxi").document["provisioning_state"] == "Failed"
    refused = app.invoke(app.inputs(2))
    assert (refused.status, refused.error["code"]) == (409, "DeploymentFailed")
    assert "tiny==3.0" in refused.error["message"]
    assert "not built: " in app.call("GET", LOG).document["text"]

    path = "endpoints/taxi/deployments/blue"
    assert app.call("PATCH", path, {"mini_batch_size": 3}).status == 200
    assert app.provision() == ["Failed"]
    environment = {"conda_file": {"dependencies": ["tiny=1.0"]}}
    assert app.call("PATCH", path, {"environment": environment}).status == 200
    assert app.provision() == ["Succeeded"]
    assert shown(app)["provisioning_error"] is None


def test_an_update_that_needs_no_building_is_ready_at_once(app: App):
    create(app, script(app, "tiny=1.0"))
    app.provision()
    answer = app.call("PATCH", "endpoints/taxi/deployments/blue", {"mini_batch_size": 3})
    assert answer.document["provisioning_state"] == "Succeeded"
    assert app.client.started == []


def test_what_another_deployment_had_built_is_ready_at_once(app: App):
    create(app, script(app, "tiny=1.0"))
    app.provision()
    green = {**script(app, "tiny=1.0"), "name": "green"}
    answer = app.call("POST", "endpoints/taxi/deployments", green)
    assert answer.document["provisioning_state"] == "Succeeded"


def test_a_deployment_changed_meanwhile_is_not_ended_by_the_earlier_build(app: App):
    create(app, script(app, "tiny=3.0"))
    earlier, app.client.started = app.client.started, []
    environment = {"conda_file": {"dependencies": ["tiny=1.0"]}}
    app.call("PATCH", "endpoints/taxi/deployments/blue", {"environment": environment})
    later, app.client.started = app.client.started, earlier
    assert app.provision() == [None]
    assert shown(app)["provisioning_state"] == "Creating"
    app.client.started = later
    assert app.provision() == ["Succeeded"]


def test_a_deleted_deployment_is_no_error(app: App):
    create(app, script(app, "tiny=1.0"))
    assert app.call("DELETE", "endpoints/taxi").status == 204
    assert app.provision() == [None]


def test_an_index_that_does_not_answer_fails_after_some_tries(
    app: App, monkeypatch: pytest.MonkeyPatch
):
    tries: list[object] = []

    def away(_: Environments, requirements: object, log: object) -> None:
        tries.append(requirements)
        raise IndexUnreachableError("the package index does not answer: connection refused")

    create(app, script(app, "tiny=1.0"))
    monkeypatch.setattr(Environments, "python", away)
    assert app.provision() == ["Failed"]
    assert (len(tries), "does not answer" in shown(app)["provisioning_error"]) == (3, True)
    assert app.call("GET", LOG).document["text"].count("not built for now") == 3


@pytest.mark.parametrize(
    "files",
    [
        {"conda.yaml": "dependencies: [{pip: [-r requirements.txt]}]", "requirements.txt": "tiny"},
        {"python_env.yaml": "python: 3.7.1\ndependencies: [-r requirements.txt]"},
        {"requirements.txt": "tiny==3.0\n"},
    ],
    ids=["conda", "python", "requirements"],
)
def test_an_mlflow_models_own_requirements_count(app: App, files: dict[str, str]):
    model = app.model()
    for name, content in files.items():
        app.put(f"LocalUpload/m/model/{name}", content)
    answer = create(app, {"name": "blue", "model": model})
    assert answer.document["provisioning_state"] == "Creating"


def test_a_conda_file_wins_over_the_models_own_requirements(app: App):
    model = app.model()
    app.put("LocalUpload/m/model/requirements.txt", "tiny==3.0\n")
    environment = {"conda_file": {"dependencies": ["pandas"]}}
    answer = create(app, {"name": "blue", "model": model, "environment": environment})
    assert answer.document["provisioning_state"] == "Succeeded"


def test_a_model_whose_requirements_cannot_be_read_is_refused(app: App):
    model = app.model()
    app.put("LocalUpload/m/model/conda.yaml", "dependencies: ['a|b']")
    document = {"name": "taxi", "deployments": [{"name": "blue", "model": model}]}
    answer = app.call("POST", "endpoints", document)
    assert (answer.status, answer.error["target"]) == (422, "deployments[0].model")
    assert "the model's own conda.yaml.dependencies[0]" in answer.error["message"]


@dataclass
class Client(FakeClient):
    """Knows what became of some orchestrations."""

    statuses: dict[str, Any] = field(default_factory=dict)
    started: list[Any] = field(default_factory=list)

    async def get_status(self, instance_id: str) -> Any:
        return self.statuses.get(instance_id)


@dataclass
class Status:
    runtime_status: Any
    output: str = ""


def watch(app: App, client: Client) -> None:
    watchdog = ProvisioningWatchdog(app.services.endpoints.provisioning, "* * * * * *")
    asyncio.run(watchdog.look(client))  # type: ignore[arg-type]


def test_a_lost_build_is_started_again(app: App):
    create(app, script(app, "tiny=1.0"))
    ((_, instance, _),) = app.client.started
    app.client.started = []
    client = Client()
    watch(app, client)
    assert client.started == []
    app.now += timedelta(minutes=1)
    client.statuses[instance] = Status(df.OrchestrationRuntimeStatus.Running)
    watch(app, client)
    assert client.started == []

    client.statuses.clear()
    watch(app, client)
    app.client.started = client.started
    assert app.provision() == ["Succeeded"]
    app.now += timedelta(minutes=1)
    app.client.started = client.started = []
    watch(app, client)
    assert client.started == []


def test_a_build_that_was_given_up_ends_the_provisioning(app: App):
    create(app, script(app, "tiny=1.0"))
    ((_, instance, _),) = app.client.started
    app.now += timedelta(minutes=1)
    watch(app, Client({instance: Status(df.OrchestrationRuntimeStatus.Failed, "boom")}))
    assert shown(app)["provisioning_state"] == "Failed"
    assert "boom" in shown(app)["provisioning_error"]


def test_a_start_that_fails_is_made_up_for(app: App, monkeypatch: pytest.MonkeyPatch):
    async def refuse(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(app.client, "start_new", refuse)
    create(app, script(app, "tiny=1.0"))
    app.now += timedelta(minutes=1)
    client = Client()
    watch(app, client)
    assert len(client.started) == 1
