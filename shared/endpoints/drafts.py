"""Endpoints and deployments as callers ask for them, however they write it.

Each surface of the app reads its own documents into drafts; the use cases take nothing else. A
field is None where the caller said nothing of it: a new endpoint or deployment has the default
there, and one that is changed stays as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.endpoints.model import CodeConfiguration, Environment
from shared.endpoints.settings_draft import SettingsDraft
from shared.targets import Targets


@dataclass(frozen=True)
class ModelDraft:
    """A model that has been uploaded for a deployment.

    Attributes:
        path: The `azureml://datastores/…` URI of its file or folder, in normal form.
        name: The deployment's name by default.
        version: 1 by default.
    """

    path: str
    name: str | None = None
    version: str | None = None


@dataclass(frozen=True)
class DeploymentDraft:
    """A deployment that is to be made, or changes of one.

    Attributes:
        endpoint_name: The endpoint that the caller means; it must be the one that is addressed.
        model: An uploaded model, or a reference to a registered one: `azureml:NAME:VERSION` or
            `azureml:NAME@latest`.
        environment: An environment, or such a reference to one.
        targets: What errors call the fields here.
    """

    name: str
    endpoint_name: str | None = None
    model: ModelDraft | str | None = None
    code_configuration: CodeConfiguration | None = None
    environment: Environment | str | None = None
    environment_variables: Mapping[str, str] | None = None
    description: str | None = None
    settings: SettingsDraft = field(default_factory=SettingsDraft)
    targets: Targets = field(default_factory=Targets)


@dataclass(frozen=True)
class EndpointDraft:
    """An endpoint that is to be made with its deployments, or changes of one.

    Attributes:
        traffic: Deployment names to 0 or 100.
        deployments: Those of a new endpoint; a change has none.
        targets: What errors call the fields here.
    """

    name: str
    description: str | None = None
    tags: Mapping[str, str] | None = None
    traffic: Mapping[str, int] | None = None
    deployments: tuple[DeploymentDraft, ...] = ()
    targets: Targets = field(default_factory=Targets)
