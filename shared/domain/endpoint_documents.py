"""Turns the documents that users write into endpoints and deployments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from shared.domain.endpoint import (
    CodeConfiguration,
    Deployment,
    Endpoint,
    Environment,
    Model,
    check_traffic,
)
from shared.domain.scoring_settings import (
    ComputeSettings,
    LoggingLevel,
    OutputAction,
    RetrySettings,
    ScoringSettings,
)
from shared.domain.uris import parse_datastore_uri
from shared.domain.validation import invalid, validate
from shared.errors import ErrorDetail

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Making:
    """What a document does not say but a new deployment needs.

    Attributes:
        now: The time of creation.
        revision: The revision of each deployment that is made.
        cores: Default of `max_concurrency_per_instance`.
    """

    now: datetime
    revision: str
    cores: int


def read_endpoint(document: Document, making: Making) -> tuple[Endpoint, tuple[Deployment, ...]]:
    """Makes an endpoint and its deployments of the YAML form of an endpoint.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "batch-endpoint.json")
    items = _deployment_items(document.get("deployments") or [])
    for target, item in items:
        validate(item, "batch-deployment.json", at=target)
    names = [str(item["name"]) for _, item in items]
    details = [
        ErrorDetail(f"two deployments have the name '{name}'", f"{target}.name")
        for position, ((target, _), name) in enumerate(zip(items, names, strict=True))
        if name in names[:position]
    ]
    traffic = {str(name): int(share) for name, share in document.get("traffic", {}).items()}
    details += check_traffic(traffic, set(names))
    if details:
        raise invalid(details)
    endpoint = Endpoint(
        name=document["name"],
        created_at=making.now,
        updated_at=making.now,
        description=document.get("description", ""),
        tags=dict(document.get("tags", {})),
        traffic=traffic,
    )
    made = [_make_deployment(item, endpoint.name, making, at=target) for target, item in items]
    return endpoint, tuple(made)


def read_deployment(document: Document, endpoint_name: str, making: Making) -> Deployment:
    """Makes one deployment of its YAML form.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "batch-deployment.json")
    named = document.get("endpoint_name", endpoint_name)
    if named != endpoint_name:
        raise invalid(
            [ErrorDetail(f"must be '{endpoint_name}', not '{named}'", "endpoint_name")],
        )
    return _make_deployment(document, endpoint_name, making, at="")


def _deployment_items(deployments: object) -> list[tuple[str, dict[str, Any]]]:
    """Each deployment with its path; a mapping's keys are the names."""
    if isinstance(deployments, list):
        listed = cast("list[dict[str, Any]]", deployments)
        return [(f"deployments[{index}]", item) for index, item in enumerate(listed)]
    items: list[tuple[str, dict[str, Any]]] = []
    for name, value in cast("dict[str, Any]", deployments).items():
        if not isinstance(value, dict):
            raise invalid([ErrorDetail("must be a mapping", f"deployments.{name}")])
        items.append((f"deployments.{name}", {"name": name, **cast("dict[str, Any]", value)}))
    return items


def _make_deployment(
    document: Document, endpoint_name: str, making: Making, *, at: str
) -> Deployment:
    prefix = f"{at}." if at else ""
    model = document["model"]
    name = str(document["name"])
    return Deployment(
        name=name,
        endpoint_name=endpoint_name,
        revision=making.revision,
        model=Model(
            name=model.get("name", name),
            version=str(model.get("version", 1)),
            path=_uploaded(model, f"{prefix}model"),
        ),
        settings=_settings(document, making.cores),
        created_at=making.now,
        code_configuration=_code(document.get("code_configuration"), prefix),
        environment=_environment(document.get("environment")),
        environment_variables={
            key: str(value) for key, value in document.get("environment_variables", {}).items()
        },
        description=document.get("description", ""),
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


def _environment(document: Document | None) -> Environment | None:
    if document is None:
        return None
    version = document.get("version")
    return Environment(
        name=document.get("name"),
        version=None if version is None else str(version),
        conda_file=document.get("conda_file"),
        image=document.get("image", document.get("docker", {}).get("image")),
    )


def _settings(document: Document, cores: int) -> ScoringSettings:
    compute = document.get("compute", {})
    retry = document.get("retry_settings", {})
    defaults = ScoringSettings(max_concurrency_per_instance=cores)
    return ScoringSettings(
        max_concurrency_per_instance=int(document.get("max_concurrency_per_instance", cores)),
        compute=ComputeSettings(compute.get("target"), int(compute.get("instance_count", 1))),
        mini_batch_size=int(document.get("mini_batch_size", defaults.mini_batch_size)),
        output_action=OutputAction(document.get("output_action", defaults.output_action)),
        output_file_name=document.get("output_file_name", defaults.output_file_name),
        retry_settings=RetrySettings(
            int(retry.get("max_retries", defaults.retry_settings.max_retries)),
            retry.get("timeout", defaults.retry_settings.timeout),
        ),
        error_threshold=int(document.get("error_threshold", defaults.error_threshold)),
        logging_level=LoggingLevel(
            str(document.get("logging_level", defaults.logging_level)).upper()
        ),
    )
