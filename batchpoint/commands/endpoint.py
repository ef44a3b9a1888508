"""`batchpoint endpoint`: create, show, list, update, delete, invoke and list-jobs."""

import sys
from itertools import islice
from pathlib import Path
from typing import TypedDict, Unpack

import click

from batchpoint.commands.base import BatchpointGroup, SeveralValues
from batchpoint.commands.changes import endpoint_changes
from batchpoint.commands.invoke import invoke
from batchpoint.commands.options import (
    file_option,
    name_option,
    set_option,
    top_option,
    type_option,
    upload_option,
)
from batchpoint.commands.sending import read_with_settings, upload_local_paths
from batchpoint.commands.session import Session
from batchpoint.errors import BatchpointError
from batchpoint.keyvalues import read_tags, read_traffic
from batchpoint.localpaths import rewrite_deployment, rewrite_endpoint
from batchpoint.models import JsonObject

group = BatchpointGroup("endpoint", help="Endpoints: stable names that hold deployments.")
group.add_command(invoke)


@group.command("create")
@file_option()
@click.option("-n", "--name", help="Replaces the name in the file.")
@set_option("Values to set in the document, such as deployments[0].mini_batch_size=20.")
@type_option()
@upload_option()
def create(
    session: Session, file: Path, name: str | None, settings: tuple[str, ...], concurrency: int
) -> object:
    """Creates an endpoint with its deployments from a YAML file."""
    document = read_with_settings(file, settings, name)
    ready = upload_local_paths(session, document, file, rewrite_endpoint, concurrency)
    return session.client.endpoints.create(ready)


@group.command("show")
@name_option("endpoint")
@type_option()
def show(session: Session, name: str) -> object:
    """Shows an endpoint with its deployments."""
    return session.client.endpoints.show(name)


@group.command("list")
@type_option()
def list_(session: Session) -> object:
    """Lists endpoints by name."""
    return list(session.client.endpoints.list())


@group.command("delete")
@name_option("endpoint")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Delete it even while one of its jobs runs.")
@click.option("--no-wait", is_flag=True, hidden=True, expose_value=False)
@type_option()
def delete(session: Session, name: str, *, yes: bool, force: bool) -> None:
    """Deletes an endpoint and its deployments; asks first on a terminal."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Delete the endpoint '{name}' and its deployments?", abort=True, err=True)
    session.client.endpoints.delete(name, force=force)


class Changes(TypedDict):
    """The options of `endpoint update`."""

    description: str | None
    tags: tuple[str, ...]
    traffic: tuple[str, ...]
    settings: tuple[str, ...]
    deployment_file: Path | None
    concurrency: int


@group.command("update")
@name_option("endpoint")
@click.option("--description", help="The new description.")
@click.option(
    "--tags", cls=SeveralValues, multiple=True, metavar="KEY=VALUE...", help="Replaces the tags."
)
@click.option(
    "--traffic",
    cls=SeveralValues,
    multiple=True,
    metavar="DEPLOYMENT:SHARE...",
    help="NAME:100 makes that deployment the active one.",
)
@set_option("description=…, tags.KEY=…, traffic.NAME=… or defaults.deployment_name=…")
@click.option(
    "--deployment-file",
    type=click.Path(path_type=Path),
    help="Adds the deployment that this YAML file describes.",
)
@type_option()
@upload_option()
def update(session: Session, name: str, **options: Unpack[Changes]) -> object:
    """Changes description, tags or traffic, or adds a deployment."""
    changes = _changes(options)
    file = options["deployment_file"]
    if not (changes or options["settings"] or file):
        raise BatchpointError(
            "there is nothing to change: give --description, --tags, --traffic, --set or "
            "--deployment-file"
        )
    endpoints = session.client.endpoints
    if file:
        document = read_with_settings(file, (), None)
        ready = upload_local_paths(
            session, document, file, rewrite_deployment, options["concurrency"]
        )
        session.client.deployments.create(name, ready)
    if options["settings"]:
        shown, etag = endpoints.show_versioned(name)
        changes = endpoint_changes(shown, changes, options["settings"])
        return endpoints.update(name, changes, etag=etag)
    return endpoints.update(name, changes) if changes else endpoints.show(name)


def _changes(options: Changes) -> JsonObject:
    changes: JsonObject = {}
    if options["description"] is not None:
        changes["description"] = options["description"]
    if options["tags"]:
        changes["tags"] = read_tags(options["tags"])
    if options["traffic"]:
        changes["traffic"] = read_traffic(options["traffic"])
    return changes


@group.command("list-jobs")
@name_option("endpoint")
@top_option()
@type_option()
def list_jobs(session: Session, name: str, top: int | None) -> object:
    """Lists an endpoint's jobs, newest first."""
    return list(islice(session.client.jobs.list_of_endpoint(name), top))
