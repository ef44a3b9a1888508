"""Deployments written back as the YAML form that they were read from, and changes of them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, cast

from shared.documents.validation import invalid, validate
from shared.endpoints.model import Deployment, Environment
from shared.endpoints.scoring_settings import ScoringSettings
from shared.errors import ErrorDetail

Document = dict[str, Any]


def deployment_form(deployment: Deployment) -> Document:
    """All that a user decides about a deployment, in the 2021 form."""
    code = deployment.code_configuration
    environment = deployment.environment
    return {
        "name": deployment.name,
        "endpoint_name": deployment.endpoint_name,
        "type": "batch",
        "description": deployment.description,
        "model": asdict(deployment.model),
        "code_configuration": asdict(code) if code else None,
        "environment": _environment_form(environment) if environment else None,
        "environment_variables": dict(deployment.environment_variables),
        **settings_form(deployment.settings),
        "output_file_name": deployment.settings.output_file_name,
    }


def settings_form(settings: ScoringSettings) -> Document:
    """Scoring settings, but for the name of the output file."""
    return {
        "compute": asdict(settings.compute),
        "max_concurrency_per_instance": settings.max_concurrency_per_instance,
        "mini_batch_size": settings.mini_batch_size,
        "max_file_split_size": number_form(settings.max_file_split_size),
        "output_action": settings.output_action.value,
        "retry_settings": {
            "max_retries": settings.retry_settings.max_retries,
            "timeout": number_form(settings.retry_settings.timeout),
        },
        "error_threshold": settings.error_threshold,
        "logging_level": settings.logging_level.value,
    }


def changed_form(deployment: Deployment, change: Mapping[str, Any]) -> Document:
    """The form of a deployment with some keys changed, in either form of writing.

    Mappings are merged key by key; a model or an environment is replaced as a whole.

    Raises:
        InvalidError: The change breaks the rules of a deployment's form, would rename the
            deployment, or would move it to another endpoint.
    """
    required = {"name": deployment.name, "model": deployment.model.path}
    validate({**required, **change}, "batch-deployment.json")
    for key, value in (("name", deployment.name), ("endpoint_name", deployment.endpoint_name)):
        if change.get(key, value) != value:
            raise invalid([ErrorDetail(f"cannot be changed; it is '{value}'", key)])
    form = _without_nothing(deployment_form(deployment))
    settings = cast("Mapping[str, Any]", change.get("settings", {}))
    resources = cast("Mapping[str, Any]", change.get("resources", {}))
    flat = {key: value for key, value in change.items() if key not in {"settings", "resources"}}
    if isinstance(flat.get("compute"), str):
        flat["compute"] = {"target": flat["compute"]}
    if "instance_count" in resources:
        compute = cast("Mapping[str, Any]", flat.get("compute", {}))
        flat["compute"] = {**compute, "instance_count": resources["instance_count"]}
    for key, value in {**flat, **settings}.items():
        is_merged = key in {"compute", "retry_settings", "environment_variables"}
        form[key] = {**form.get(key, {}), **value} if is_merged and _is_mapping(value) else value
    return form


def _environment_form(environment: Environment) -> Document:
    return _without_nothing(asdict(environment))


def _without_nothing(form: Document) -> Document:
    kept = {key: value for key, value in form.items() if value is not None}
    if "compute" in kept:
        kept["compute"] = {
            key: value for key, value in kept["compute"].items() if value is not None
        }
    return kept


def number_form(value: float) -> float:
    """Returns a whole number without a point, as it was given."""
    return int(value) if value == int(value) else value


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)
