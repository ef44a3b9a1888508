"""Turns the documents that users write into deployments: the 2021 form, and today's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from shared.documents.validation import invalid, validate
from shared.endpoints.model import CodeConfiguration, Deployment, Environment, Model
from shared.endpoints.scoring_settings import (
    ComputeSettings,
    LoggingLevel,
    OutputAction,
    RetrySettings,
    ScoringSettings,
)
from shared.endpoints.time_budget import TimeBudget
from shared.environments.conda import read_conda_file
from shared.errors import ErrorDetail
from shared.uris import parse_datastore_uri

Document = Mapping[str, Any]


class References(Protocol):
    """Looks up registered assets, so that a deployment can freeze what it refers to."""

    def model(self, reference: str, target: str) -> Model:
        """The model that `azureml:NAME:VERSION` or `azureml:NAME@latest` stands for."""
        ...

    def environment(self, reference: str, target: str) -> Environment:
        """The environment that such a reference stands for."""
        ...


@dataclass(frozen=True)
class DeploymentContext:
    """What a document does not say but a new deployment needs.

    Attributes:
        now: The time of creation.
        new_revision: Gives the revision of a deployment that is made, another one each time: what
            is started for one deployment must not be taken for another's.
        cores: Default of `max_concurrency_per_instance`.
        references: Looks up registered assets.
        budget: How long a `run()` may take.
    """

    now: datetime
    new_revision: Callable[[], str]
    cores: int
    references: References
    budget: TimeBudget = field(default_factory=TimeBudget)


def read_deployment(
    document: Document, endpoint_name: str, context: DeploymentContext
) -> Deployment:
    """Makes one deployment of its YAML form.

    Raises:
        InvalidError: Naming each violation by its path.
        NotFoundError: It refers to an asset that is not registered.
    """
    validate(document, "batch-deployment.json")
    named = document.get("endpoint_name", endpoint_name)
    if named != endpoint_name:
        raise invalid([ErrorDetail(f"must be '{endpoint_name}', not '{named}'", "endpoint_name")])
    return make_deployment(document, endpoint_name, context, at="")


def make_deployment(
    document: Document, endpoint_name: str, context: DeploymentContext, *, at: str
) -> Deployment:
    """Makes one deployment of a document that fits the schema.

    Args:
        document: The deployment's own part of the request.
        endpoint_name: The endpoint that it belongs to.
        context: What the document does not say.
        at: Path of the document within the request.

    Raises:
        InvalidError: Something is given twice, or a path cannot be used.
        NotFoundError: It refers to an asset that is not registered.
    """
    prefix = f"{at}." if at else ""
    variables = document.get("environment_variables", {})
    return Deployment(
        name=str(document["name"]),
        endpoint_name=endpoint_name,
        revision=context.new_revision(),
        model=_model(document, prefix, context.references),
        settings=_settings(document, prefix, context),
        created_at=context.now,
        code_configuration=_code(document.get("code_configuration"), prefix),
        environment=_environment(document.get("environment"), prefix, context.references),
        environment_variables={key: str(value) for key, value in variables.items()},
        description=document.get("description", ""),
    )


def _model(document: Document, prefix: str, references: References) -> Model:
    model, target = document["model"], f"{prefix}model"
    if isinstance(model, str):
        return references.model(model, target)
    return Model(
        name=model.get("name", str(document["name"])),
        version=str(model.get("version", 1)),
        path=_uploaded(model, target),
    )


def _uploaded(source: Document, target: str) -> str:
    """The normal form of an uploaded folder's URI; a local path is the client's to upload."""
    if "local_path" in source:
        raise invalid(
            [
                ErrorDetail(
                    "a local path is only known to the client: upload the files (POST "
                    "/api/uploads) and give the answered URI as 'path'",
                    f"{target}.local_path",
                )
            ]
        )
    return str(parse_datastore_uri(source["path"], target=f"{target}.path"))


def _code(document: Document | None, prefix: str) -> CodeConfiguration | None:
    if document is None:
        return None
    code = document["code"]
    source: Document = {"path": code} if isinstance(code, str) else code
    uri = _uploaded(source, f"{prefix}code_configuration.code")
    return CodeConfiguration(uri, document["scoring_script"])


def _environment(
    document: Document | str | None, prefix: str, references: References
) -> Environment | None:
    if document is None:
        return None
    if isinstance(document, str):
        return references.environment(document, f"{prefix}environment")
    version = document.get("version")
    return Environment(
        name=document.get("name"),
        version=None if version is None else str(version),
        conda_file=read_conda_file(
            document.get("conda_file"), target=f"{prefix}environment.conda_file"
        ),
        image=document.get("image", document.get("docker", {}).get("image")),
    )


def _settings(document: Document, prefix: str, context: DeploymentContext) -> ScoringSettings:
    given = _merged(document, "settings", prefix)
    retry: Document = given.get("retry_settings", {})
    cores = context.cores
    defaults = ScoringSettings(max_concurrency_per_instance=cores)
    if "timeout" in retry:
        part = prefix if "retry_settings" in document else f"{prefix}settings."
        context.budget.check(retry["timeout"], f"{part}retry_settings.timeout")
    level = given.get("logging_level", defaults.logging_level)
    return ScoringSettings(
        max_concurrency_per_instance=int(given.get("max_concurrency_per_instance", cores)),
        compute=_compute(document, prefix),
        mini_batch_size=int(given.get("mini_batch_size", defaults.mini_batch_size)),
        max_file_split_size=given.get("max_file_split_size", defaults.max_file_split_size),
        output_action=OutputAction(given.get("output_action", defaults.output_action)),
        output_file_name=given.get("output_file_name", defaults.output_file_name),
        retry_settings=RetrySettings(
            int(retry.get("max_retries", defaults.retry_settings.max_retries)),
            retry.get("timeout", defaults.retry_settings.timeout),
        ),
        error_threshold=int(given.get("error_threshold", defaults.error_threshold)),
        logging_level=LoggingLevel(str(level).upper()),
    )


def _compute(document: Document, prefix: str) -> ComputeSettings:
    compute = document.get("compute", {})
    placed: dict[str, Any] = {"target": compute} if isinstance(compute, str) else dict(compute)
    given = _merged({**placed, "resources": document.get("resources", {})}, "resources", prefix)
    target = given.get("target")
    name = None if target is None else str(target).rstrip("/").rsplit("/", 1)[-1]
    return ComputeSettings(
        target=name and f"azureml:{name.removeprefix('azureml:')}",
        instance_count=int(given.get("instance_count", 1)),
    )


def _merged(document: Document, inner: str, prefix: str) -> Document:
    """A document with the keys of one of its parts put beside its own.

    Raises:
        InvalidError: A key is given in both places.
    """
    part = cast("Document", document.get(inner, {}))
    twice = [key for key in part if key in document]
    if twice:
        raise invalid(
            [
                ErrorDetail(f"is given here and as '{key}'", f"{prefix}{inner}.{key}")
                for key in twice
            ]
        )
    return {**document, **part}
