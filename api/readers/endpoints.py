"""Reads endpoints: the 2021 form, and today's."""

from collections.abc import Mapping
from typing import Any, cast

from api.readers.deployments import SCHEMA as DEPLOYMENT_SCHEMA
from api.readers.deployments import deployment_draft
from shared.documents.validation import invalid, validate
from shared.endpoints.drafts import DeploymentDraft, EndpointDraft
from shared.endpoints.model import FULL_TRAFFIC
from shared.errors import ErrorDetail

Document = Mapping[str, Any]


def read_endpoint(document: Document) -> EndpointDraft:
    """Reads a new endpoint with its deployments.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "batch-endpoint.json")
    deployments = _deployments(document.get("deployments") or [])
    return _draft(document, document["name"], deployments)


def read_endpoint_change(document: Document, name: str) -> EndpointDraft:
    """Reads the keys of an endpoint that are to be changed.

    Args:
        document: As `endpoint-update.json` describes it.
        name: The endpoint's name.

    Raises:
        InvalidError: Naming each violation by its path.
    """
    validate(document, "endpoint-update.json")
    return _draft(document, name, ())


def _draft(
    document: Document, name: str, deployments: tuple[DeploymentDraft, ...]
) -> EndpointDraft:
    return EndpointDraft(
        name=name,
        description=document.get("description"),
        tags=document.get("tags"),
        traffic=_traffic(document),
        deployments=deployments,
    )


def _deployments(deployments: object) -> tuple[DeploymentDraft, ...]:
    """Reads a list of deployments, or a mapping whose keys are their names."""
    if isinstance(deployments, list):
        listed = enumerate(cast("list[Document]", deployments))
        return tuple(deployment_draft(item, at=f"deployments[{index}]") for index, item in listed)
    drafts: list[DeploymentDraft] = []
    for name, value in cast("dict[str, object]", deployments).items():
        at = f"deployments.{name}"
        if not isinstance(value, dict):
            raise invalid([ErrorDetail("must be a mapping", at)])
        item = {"name": name, **cast("dict[str, Any]", value)}
        validate(item, DEPLOYMENT_SCHEMA, at=at)
        drafts.append(deployment_draft(item, at=at))
    return tuple(drafts)


def _traffic(document: Document) -> dict[str, int] | None:
    """Reads the traffic in either form; None if the document says nothing of it.

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
