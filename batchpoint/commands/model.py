"""`batchpoint model`: create, show, list and delete."""

from typing import Unpack

import click

from batchpoint.commands.base import BatchpointGroup
from batchpoint.commands.options import upload_option, version_option
from batchpoint.commands.registered import (
    Described,
    add_asset_commands,
    create_options,
    read_described,
)
from batchpoint.commands.sending import from_here, upload_local_paths
from batchpoint.commands.session import Session
from batchpoint.localpaths import rewrite_asset

group = BatchpointGroup("model", help="Models: registered versions that deployments refer to.")
add_asset_commands(group, "model", lambda session: session.client.models)


class ModelOptions(Described):
    """The options of `model create`."""

    version: str | None
    path: str | None
    kind: str | None
    concurrency: int


@group.command("create")
@create_options()
@version_option(what="The version; one more than the highest if not given.")
@click.option("-p", "--path", help="A local file or folder, or an azureml:// URI.")
@click.option(
    "-t",
    "--type",
    "kind",
    type=click.Choice(["mlflow_model", "custom_model"]),
    help="What is in the folder; found out if not given.",
)
@upload_option()
def create(session: Session, **options: Unpack[ModelOptions]) -> object:
    """Registers a version of a model; local files are uploaded."""
    document = read_described(
        options,
        version=options["version"],
        path=from_here(options["path"]),
        type=options["kind"],
    )
    ready = upload_local_paths(
        session, document, options["file"], rewrite_asset, options["concurrency"]
    )
    return session.client.models.create(ready)
