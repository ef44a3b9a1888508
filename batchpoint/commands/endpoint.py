"""`batchpoint endpoint`: create, show, list, update, delete, invoke and list-jobs."""

from itertools import islice
from pathlib import Path

import click

from batchpoint.commands.endpoint_invoke import invoke
from batchpoint.commands.endpoint_update import update
from batchpoint.console.base import BatchpointGroup
from batchpoint.console.options import (
    confirm_unless,
    file_option,
    name_option,
    no_wait_option,
    set_option,
    top_option,
    type_option,
    upload_option,
    wait_option,
    yes_option,
)
from batchpoint.console.provisioning import wait_until_provisioned
from batchpoint.console.request_documents import named, read_with_settings, upload_local_paths
from batchpoint.console.session import Session
from batchpoint.forms.local_paths import rewrite_endpoint

group = BatchpointGroup("endpoint", help="Endpoints: stable names that hold deployments.")
group.add_command(invoke)
group.add_command(update)


@group.command("create")
@file_option(required=False)
@name_option("endpoint", required=False)
@set_option("Values to set in the document, such as deployments[0].mini_batch_size=20.")
@wait_option()
@type_option()
@upload_option()
def create(
    session: Session,
    file: Path | None,
    name: str | None,
    settings: tuple[str, ...],
    concurrency: int,
    *,
    no_wait: bool,
) -> object:
    """Creates an endpoint, with its deployments if a YAML file has them."""
    document = named(read_with_settings(file, settings, {"name": name}))
    ready = upload_local_paths(session, document, file, rewrite_endpoint, concurrency)
    endpoint = session.client.endpoints.create(ready)
    deployments = endpoint.get("deployments", [])
    if not no_wait and wait_until_provisioned(session, endpoint["name"], deployments):
        return session.client.endpoints.show(endpoint["name"])
    return endpoint


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
@yes_option()
@click.option("--force", is_flag=True, help="Delete it even while one of its jobs runs.")
@no_wait_option()
@type_option()
def delete(session: Session, name: str, *, yes: bool, force: bool) -> None:
    """Deletes an endpoint and its deployments; asks first on a terminal."""
    confirm_unless(yes, f"Delete the endpoint '{name}' and its deployments?")
    session.client.endpoints.delete(name, force=force)


@group.command("list-jobs")
@name_option("endpoint")
@top_option()
@type_option()
def list_jobs(session: Session, name: str, top: int | None) -> object:
    """Lists an endpoint's jobs, newest first."""
    return list(islice(session.client.jobs.list_of_endpoint(name), top))
