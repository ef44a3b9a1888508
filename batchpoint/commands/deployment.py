"""`batchpoint deployment`: create, show, list, update and delete."""

from pathlib import Path

import click

from batchpoint.commands.base import BatchpointGroup
from batchpoint.commands.options import (
    confirm_unless,
    endpoint_option,
    file_option,
    name_option,
    no_wait_option,
    set_option,
    type_option,
    upload_option,
    yes_option,
)
from batchpoint.commands.sending import named, read_with_settings, upload_local_paths
from batchpoint.commands.session import Session, told_when_absent
from batchpoint.errors import BatchpointError
from batchpoint.localpaths import rewrite_deployment
from batchpoint.models import JsonObject

IDENTITY = frozenset({"$schema", "name", "endpoint_name", "type"})

group = BatchpointGroup("deployment", help="Deployments: models with their code and settings.")


@group.command("create")
@file_option()
@endpoint_option(what="Name of the endpoint; endpoint_name in the file otherwise.")
@name_option("deployment", required=False)
@set_option("Values to set in the document, such as mini_batch_size=20.")
@click.option("--set-default", "--all-traffic", is_flag=True, help="Make it the active deployment.")
@no_wait_option()
@type_option()
@upload_option()
def create(
    session: Session,
    file: Path,
    endpoint: str | None,
    concurrency: int,
    *,
    set_default: bool,
    name: str | None,
    settings: tuple[str, ...],
) -> object:
    """Adds a deployment to an endpoint from a YAML file."""
    document = named(read_with_settings(file, settings, {"name": name}))
    target = _endpoint_of(document, endpoint)
    document["endpoint_name"] = target
    ready = upload_local_paths(session, document, file, rewrite_deployment, concurrency)
    deployment = session.client.deployments.create(target, ready)
    if set_default:
        session.client.endpoints.update(target, {"traffic": {deployment["name"]: 100}})
    return deployment


def _endpoint_of(document: JsonObject, endpoint: str | None) -> str:
    named = endpoint or document.get("endpoint_name")
    if not named:
        raise BatchpointError("name the endpoint: --endpoint-name, or endpoint_name in the file")
    return str(named)


@group.command("update")
@file_option(required=False)
@endpoint_option(what="Name of the endpoint; endpoint_name in the file otherwise.")
@name_option("deployment", required=False)
@set_option("Settings to change, such as mini_batch_size=20.")
@no_wait_option()
@type_option()
@upload_option()
def update(
    session: Session,
    file: Path | None,
    endpoint: str | None,
    concurrency: int,
    *,
    name: str | None,
    settings: tuple[str, ...],
) -> object:
    """Changes a deployment; what is not named stays."""
    document = named(read_with_settings(file, settings, {"name": name}))
    target = _endpoint_of(document, endpoint)
    changes = {key: value for key, value in document.items() if key not in IDENTITY}
    if not changes:
        raise BatchpointError("there is nothing to change: give --set or --file")
    ready = upload_local_paths(session, changes, file, rewrite_deployment, concurrency)
    with told_when_absent("change deployments"):
        return session.client.deployments.update(target, str(document["name"]), ready)


@group.command("show")
@name_option("deployment")
@endpoint_option(required=True)
@type_option()
def show(session: Session, name: str, endpoint: str) -> object:
    """Shows a deployment."""
    return session.client.deployments.show(endpoint, name)


@group.command("list")
@endpoint_option(required=True)
@type_option()
def list_(session: Session, endpoint: str) -> object:
    """Lists an endpoint's deployments."""
    return list(session.client.deployments.list(endpoint))


@group.command("delete")
@name_option("deployment")
@endpoint_option(required=True)
@yes_option()
@no_wait_option()
@type_option()
def delete(session: Session, name: str, endpoint: str, *, yes: bool) -> None:
    """Deletes a deployment that has no traffic; asks first on a terminal."""
    confirm_unless(yes, f"Delete the deployment '{name}' of '{endpoint}'?")
    session.client.deployments.delete(endpoint, name)
