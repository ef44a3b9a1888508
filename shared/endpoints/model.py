"""Endpoints and deployments: what they are made of and the rules between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.endpoints.scoring_settings import ScoringSettings
from shared.environments.requirements import Requirements
from shared.errors import ErrorDetail

FULL_TRAFFIC = 100


class ProvisioningState(StrEnum):
    """True if a deployment is ready to score."""

    CREATING = "Creating"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True)
class Model:
    """A model in a datastore; `path` is an `azureml://datastores/…` URI of its file or folder."""

    name: str
    version: str
    path: str


@dataclass(frozen=True)
class CodeConfiguration:
    """The user's scoring code; `code` is the URI of the folder, the script a path within it."""

    code: str
    scoring_script: str


@dataclass(frozen=True)
class Environment:
    """Packages that a deployment's scorer must be able to import."""

    name: str | None = None
    version: str | None = None
    conda_file: Mapping[str, Any] | None = None
    image: str | None = None


@dataclass(frozen=True)
class Deployment:
    """A model with all that is needed to score with it.

    Attributes:
        revision: A new one for each time the deployment is made, so that nothing cached for a
            deleted deployment of the same name is ever used for this one.
        is_mlflow: Whether the model is scored without code, by its MLmodel file.
        requirements: What its scorers import; None leaves them the app's own environment.
        provisioning_error: Why it cannot score, where it has failed.
        updated_at: When this revision was made.
        warnings: What the user should know although the deployment works.
    """

    name: str
    endpoint_name: str
    revision: str
    model: Model
    settings: ScoringSettings
    created_at: datetime
    is_mlflow: bool = False
    code_configuration: CodeConfiguration | None = None
    environment: Environment | None = None
    environment_variables: Mapping[str, str] = field(default_factory=dict[str, str])
    description: str = ""
    provisioning_state: ProvisioningState = ProvisioningState.SUCCEEDED
    warnings: tuple[str, ...] = ()
    requirements: Requirements | None = None
    provisioning_error: str | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Endpoint:
    """A stable name with a scoring URI; `traffic` maps deployment names to 0 or 100."""

    name: str
    created_at: datetime
    updated_at: datetime
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    traffic: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def active_deployment(self) -> str | None:
        """The deployment that gets the traffic, if any does."""
        active = [name for name, share in self.traffic.items() if share == FULL_TRAFFIC]
        return active[0] if active else None


def check_traffic(
    traffic: Mapping[str, int], deployments: set[str], target: str
) -> list[ErrorDetail]:
    """Finds what is wrong with a traffic mapping.

    Args:
        traffic: Deployment name to 0 or 100.
        deployments: Names of the endpoint's deployments.
        target: What errors call the mapping.
    """
    known = ", ".join(sorted(deployments)) or "none"
    details = [
        ErrorDetail(
            f"there is no deployment '{name}'; the endpoint's deployments: {known}",
            f"{target}.{name}",
            "UnknownDeployment",
        )
        for name in traffic
        if name not in deployments
    ]
    active = [name for name, share in traffic.items() if share == FULL_TRAFFIC]
    if len(active) > 1:
        details.append(
            ErrorDetail(
                f"at most one deployment can have {FULL_TRAFFIC}, but {' and '.join(active)} do",
                target,
            )
        )
    return details
