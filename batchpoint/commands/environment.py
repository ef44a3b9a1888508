"""`batchpoint environment`: create, show, list and delete."""

from typing import Unpack

import click

from batchpoint.console.asset_commands import (
    Described,
    add_asset_commands,
    create_options,
    read_described,
)
from batchpoint.console.base import BatchpointGroup
from batchpoint.console.options import version_option
from batchpoint.console.request_documents import from_here, upload_local_paths
from batchpoint.console.session import Session
from batchpoint.forms.local_paths import rewrite_environment

group = BatchpointGroup("environment", help="Environments: what scoring scripts can import.")
add_asset_commands(group, "environment", lambda session: session.client.environments)


class EnvironmentOptions(Described):
    """The options of `environment create`."""

    version: str | None
    conda_file: str | None
    image: str | None


@group.command("create")
@create_options()
@version_option(what="The version; one more than the highest if not given.")
@click.option("-c", "--conda-file", help="A local conda environment file; its content is sent.")
@click.option("-i", "--image", help="The Docker image, which is kept and shown.")
def create(session: Session, **options: Unpack[EnvironmentOptions]) -> object:
    """Registers a version of an environment."""
    document = read_described(
        options,
        version=options["version"],
        conda_file=from_here(options["conda_file"]),
        image=options["image"],
    )
    ready = upload_local_paths(session, document, options["file"], rewrite_environment, 1)
    return session.client.environments.create(ready)
