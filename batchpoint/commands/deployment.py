"""`batchpoint deployment`: create, show, build-log, list, update and delete."""

from pathlib import Path
from typing import TypedDict, Unpack

import click

from batchpoint.console.base import BatchpointGroup
from batchpoint.console.options import (
    confirm_unless,
    endpoint_option,
    file_option,
    name_option,
    no_wait_option,
    set_option,
    type_option,
    upload_option,
    wait_option,
    yes_option,
)
from batchpoint.console.provisioning import show_build_log, wait_until_provisioned
from batchpoint.console.request_documents import named, read_with_settings, upload_local_paths
from batchpoint.console.session import Session, told_when_absent
from batchpoint.errors import BatchpointError
from batchpoint.forms.local_paths import rewrite_deployment
from batchpoint.models import JsonObject

IDENTITY = frozenset({"$schema", "name", "endpoint_name", "type"})


class Changes(TypedDict):
    """Returns the values that options set in a deployment's document."""

    name: str | None
    settings: tuple[str, ...]


group = BatchpointGroup("deployment", help="Deployments: models with their code and settings.")


@group.command("create")
@file_option()
@endpoint_option(what="Name of the endpoint; endpoint_name in the file otherwise.")
@name_option("deployment", required=False)
@set_option("Values to set in the document, such as mini_batch_size=20.")
@click.option("--set-default", "--all-traffic", is_flag=True, help="Make it the active deployment.")
@wait_option()
@type_option()
@upload_option()
def create(
    session: Session,
    file: Path,
    endpoint: str | None,
    concurrency: int,
    *,
    set_default: bool,
    no_wait: bool,
    **options: Unpack[Changes],
) -> object:
    """Adds a deployment to an endpoint from a YAML file."""
    document = _read(file, options)
    target = _endpoint_of(document, endpoint)
    document["endpoint_name"] = target
    ready = upload_local_paths(session, document, file, rewrite_deployment, concurrency)
    deployment = session.client.deployments.create(target, ready)
    if not no_wait and wait_until_provisioned(session, target, [deployment]):
        deployment = session.client.deployments.show(target, deployment["name"])
    if set_default:
        session.client.endpoints.update(target, {"traffic": {deployment["name"]: 100}})
    return deployment


def _read(file: Path | None, options: Changes) -> JsonObject:
    return named(read_with_settings(file, options["settings"], {"name": options["name"]}))


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
@wait_option()
@type_option()
@upload_option()
def update(
    session: Session,
    file: Path | None,
    endpoint: str | None,
    concurrency: int,
    *,
    no_wait: bool,
    **options: Unpack[Changes],
) -> object:
    """Changes a deployment; what is not named stays."""
    document = _read(file, options)
    target = _endpoint_of(document, endpoint)
    changes = {key: value for key, value in document.items() if key not in IDENTITY}
    if not changes:
        raise BatchpointError("there is nothing to change: give --set or --file")
    ready = upload_local_paths(session, changes, file, rewrite_deployment, concurrency)
    with told_when_absent("change deployments"):
        deployment = session.client.deployments.update(target, str(document["name"]), ready)
    if not no_wait and wait_until_provisioned(session, target, [deployment]):
        return session.client.deployments.show(target, str(document["name"]))
    return deployment


@group.command("show")
@name_option("deployment")
@endpoint_option(required=True)
@type_option()
def show(session: Session, name: str, endpoint: str) -> object:
    """Shows a deployment."""
    return session.client.deployments.show(endpoint, name)


@group.command("build-log")
@name_option("deployment")
@endpoint_option(required=True)
@click.option("-l", "--lines", type=click.IntRange(min=1), help="Only so many at the end.")
@type_option()
def build_log(session: Session, name: str, endpoint: str, lines: int | None) -> None:
    """Prints what was printed while a deployment's environment was built."""
    show_build_log(session, endpoint, name, lines)


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
