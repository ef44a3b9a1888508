"""Endpoints, their deployments, and what waits in their inboxes."""

from typing import Annotated, Any, Literal, NotRequired

from typing_extensions import TypedDict

from api.answers.values import Count, DeploymentKey, Tags, Time, Uri
from shared.endpoints.model import ProvisioningState
from shared.endpoints.scoring_settings import LoggingLevel, OutputAction


class ComputeSettings(TypedDict):
    """The compute that bounds the work, and how many instances' worth of it one job takes."""

    target: str | None
    """azureml:NAME, or null if nothing bounds the work."""
    instance_count: Annotated[int, DeploymentKey("instance_count")]


class RetrySettings(TypedDict):
    """Handling of a failed or timed-out run()."""

    max_retries: Annotated[int, DeploymentKey("max_retries")]
    timeout: Annotated[float, DeploymentKey("timeout")]


class ScoringSettings(TypedDict):
    """Settings for dividing files into mini-batches, running these, and writing the output."""

    compute: ComputeSettings
    max_concurrency_per_instance: Annotated[int, DeploymentKey("max_concurrency_per_instance")]
    mini_batch_size: Annotated[int, DeploymentKey("mini_batch_size")]
    max_file_split_size: Annotated[float, DeploymentKey("max_file_split_size")]
    output_action: OutputAction
    retry_settings: RetrySettings
    error_threshold: Annotated[int, DeploymentKey("error_threshold")]
    logging_level: LoggingLevel


class DeployedModel(TypedDict):
    """The model that is scored with."""

    name: str
    version: str
    path: str


class CodeConfiguration(TypedDict):
    """The user's scoring code."""

    code: str
    """The URI of the folder."""
    scoring_script: str


class DeployedEnvironment(TypedDict):
    """Packages that a scorer must be able to import."""

    name: NotRequired[str]
    version: NotRequired[str]
    conda_file: NotRequired[dict[str, Any]]
    image: NotRequired[str]


class Deployment(ScoringSettings):
    """A model with all that is needed to score with it."""

    name: str
    endpoint_name: str
    type: Literal["batch"]
    description: str
    model: DeployedModel
    code_configuration: CodeConfiguration | None
    environment: DeployedEnvironment | None
    environment_variables: Tags
    output_file_name: Annotated[str, DeploymentKey("output_file_name")]
    provisioning_state: ProvisioningState
    provisioning_error: str | None
    """Why it has failed."""
    warnings: list[str]
    """What the user should know although the deployment works."""
    created_at: Time


class BuildLog(TypedDict):
    """Output of the building of a deployment's environment."""

    endpoint: str
    deployment: str
    provisioning_state: ProvisioningState
    provisioning_error: str | None
    text: str
    """A line for each that was printed, its time first; empty where nothing was built."""


class Endpoint(TypedDict):
    """A stable name with a scoring URI, and its deployments."""

    name: str
    type: Literal["batch"]
    description: str
    tags: Tags
    auth_mode: Literal["aad_token"]
    scoring_uri: Uri
    """Where jobs are started."""
    provisioning_state: ProvisioningState
    traffic: dict[str, Literal[0, 100]]
    """Deployment name to 0 or 100."""
    deployments: list[Deployment]
    created_at: Time
    updated_at: Time


class InboxJob(TypedDict):
    """A job that is being made of files in an inbox."""

    name: str
    problem: str | None
    """Why the job cannot be made so far."""


class Inbox(TypedDict):
    """Files that landed and are not scored yet."""

    waiting_files: Count
    """Files that wait for others or for a marker."""
    folders: list[str]
    """Folders with a marker whose files are not all there; '.' is the endpoint's own."""
    jobs: list[InboxJob]
    """Jobs that are being made."""
