"""`batchpoint endpoint update`: changes an endpoint, or adds a deployment to it."""

from pathlib import Path
from typing import TypedDict, Unpack

import click

from batchpoint.commands.endpoint_changes import document_changes, endpoint_changes
from batchpoint.console.base import BatchpointCommand, SeveralValues
from batchpoint.console.options import (
    description_option,
    file_option,
    name_option,
    set_option,
    tags_option,
    type_option,
    upload_option,
    wait_option,
)
from batchpoint.console.provisioning import wait_until_provisioned
from batchpoint.console.request_documents import named, read_with_settings, upload_local_paths
from batchpoint.console.session import Session
from batchpoint.errors import BatchpointError
from batchpoint.forms.key_values import read_tags, read_traffic
from batchpoint.forms.local_paths import rewrite_deployment
from batchpoint.models import JsonObject


class Changes(TypedDict):
    """The options of `endpoint update`."""

    file: Path | None
    description: str | None
    tags: tuple[str, ...]
    traffic: tuple[str, ...]
    defaults: tuple[str, ...]
    settings: tuple[str, ...]
    deployment_file: Path | None
    deployment: str | None
    concurrency: int
    no_wait: bool


@click.command("update", cls=BatchpointCommand)
@name_option("endpoint")
@file_option(required=False)
@description_option()
@tags_option("Replaces the tags.")
@click.option(
    "--traffic",
    cls=SeveralValues,
    multiple=True,
    metavar="DEPLOYMENT:SHARE...",
    help="NAME:100 makes that deployment the active one.",
)
@click.option(
    "--defaults",
    cls=SeveralValues,
    multiple=True,
    metavar="KEY=VALUE...",
    help="deployment_name=NAME makes that deployment the active one.",
)
@set_option("description=…, tags.KEY=…, traffic.NAME=… or defaults.deployment_name=…")
@click.option(
    "--deployment-file",
    type=click.Path(path_type=Path),
    help="Adds the deployment that this YAML file describes.",
)
@click.option("--deployment", help="Replaces the name in the deployment file.")
@wait_option()
@type_option()
@upload_option()
def update(session: Session, name: str, **options: Unpack[Changes]) -> object:
    """Changes description, tags or traffic, or adds a deployment."""
    settings = (*options["settings"], *(f"defaults.{pair}" for pair in options["defaults"]))
    changes = _changes(name, options)
    file = options["deployment_file"]
    if not (changes or settings or file):
        raise BatchpointError(
            "there is nothing to change: give --description, --tags, --traffic, --defaults, "
            "--set, --file or --deployment-file"
        )
    if file:
        _add_deployment(session, name, file, options)
    endpoints = session.client.endpoints
    if settings:
        shown, etag = endpoints.show_versioned(name)
        changes = endpoint_changes(shown, changes, settings)
        return endpoints.update(name, changes, etag=etag)
    return endpoints.update(name, changes) if changes else endpoints.show(name)


def _changes(name: str, options: Changes) -> JsonObject:
    file = options["file"]
    changes = document_changes(read_with_settings(file, (), {}), name) if file else {}
    if options["description"] is not None:
        changes["description"] = options["description"]
    if options["tags"]:
        changes["tags"] = read_tags(options["tags"])
    if options["traffic"]:
        changes["traffic"] = read_traffic(options["traffic"])
    return changes


def _add_deployment(session: Session, endpoint: str, file: Path, options: Changes) -> None:
    document = named(read_with_settings(file, (), {"name": options["deployment"]}))
    ready = upload_local_paths(session, document, file, rewrite_deployment, options["concurrency"])
    deployment = session.client.deployments.create(endpoint, ready)
    if not options["no_wait"]:
        wait_until_provisioned(session, endpoint, [deployment])
