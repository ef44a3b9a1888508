"""The work of preparing a deployment, as it travels between its orchestrator and activities."""

from dataclasses import dataclass
from typing import Any

from shared.endpoints.model import Deployment
from shared.messages import Message

PROVISION_DEPLOYMENT = "provision_deployment"
BUILD_ENVIRONMENT = "build_environment"
FINISH_PROVISIONING = "finish_provisioning"


@dataclass(frozen=True)
class ProvisioningWork(Message):
    """The input of `provision_deployment`: a deployment as it was made or changed once."""

    endpoint: str
    deployment: str
    revision: str

    @property
    def instance_id(self) -> str:
        """The id of the orchestration that does it."""
        return f"provision-{self.revision}"


@dataclass(frozen=True)
class BuiltEnvironment(Message):
    """The answer of `build_environment`.

    Attributes:
        error: Why the environment is not there; None if it is.
        retry: True if a later try may be better.
    """

    error: str | None = None
    retry: bool = False


@dataclass(frozen=True)
class ProvisioningEnd(Message):
    """The input of `finish_provisioning`: why the environment is not there, None if it is."""

    work: dict[str, Any]
    error: str | None = None


def provisioning_work(deployment: Deployment) -> ProvisioningWork:
    """Returns what has to be provisioned for a deployment."""
    return ProvisioningWork(deployment.endpoint_name, deployment.name, deployment.revision)
