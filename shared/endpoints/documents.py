"""Turns the documents that users write into endpoints."""

from collections.abc import Mapping
from typing import Any, cast

from shared.documents.validation import invalid, validate
from shared.endpoints.deployment_documents import DeploymentContext, make_deployment
from shared.endpoints.model import FULL_TRAFFIC, Deployment, Endpoint, check_traffic
from shared.errors import ErrorDetail

Document = Mapping[str, Any]


def read_endpoint(
    document: Document, context: DeploymentContext
) -> tuple[Endpoint, tuple[Deployment, ...]]:
    """Makes an endpoint and its deployments of the YAML form of an endpoint.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "batch-endpoint.json")
    items = _deployment_items(document.get("deployments") or [])
    names = [str(item["name"]) for _, item in items]
    details = [
        ErrorDetail(f"two deployments have the name '{name}'", f"{target}.name")
        for position, ((target, _), name) in enumerate(zip(items, names, strict=True))
        if name in names[:position]
    ]
    traffic = read_traffic(document)
    details += check_traffic(traffic or {}, set(names))
    if details:
        raise invalid(details)
    endpoint = Endpoint(
        name=document["name"],
        created_at=context.now,
        updated_at=context.now,
        description=document.get("description", ""),
        tags=dict(document.get("tags", {})),
        traffic=traffic or {},
    )
    made = [make_deployment(item, endpoint.name, context, at=target) for target, item in items]
    return endpoint, tuple(made)


def _deployment_items(deployments: object) -> list[tuple[str, dict[str, Any]]]:
    """Each deployment with its path; a mapping's keys are the names."""
    if isinstance(deployments, list):
        listed = cast("list[dict[str, Any]]", deployments)
        return [(f"deployments[{index}]", item) for index, item in enumerate(listed)]
    items: list[tuple[str, dict[str, Any]]] = []
    for name, value in cast("dict[str, Any]", deployments).items():
        if not isinstance(value, dict):
            raise invalid([ErrorDetail("must be a mapping", f"deployments.{name}")])
        item = {"name": name, **cast("dict[str, Any]", value)}
        validate(item, "batch-deployment.json", at=f"deployments.{name}")
        items.append((f"deployments.{name}", item))
    return items


def read_traffic(document: Document) -> dict[str, int] | None:
    """The traffic that a document asks for, in either form; None if it says nothing of it.

    Raises:
        InvalidError: It is given in both forms.
    """
    default = document.get("defaults", {}).get("deployment_name")
    if default is None:
        given: Mapping[str, int] | None = document.get("traffic")
        return None if given is None else {name: int(share) for name, share in given.items()}
    if "traffic" in document:
        raise invalid([ErrorDetail("is given here and as 'traffic'", "defaults.deployment_name")])
    return {str(default).removeprefix("azureml:"): FULL_TRAFFIC}
