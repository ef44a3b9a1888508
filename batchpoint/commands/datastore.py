"""`batchpoint datastore`: create, show, list and delete."""

from typing import Unpack

import click

from batchpoint.console.asset_commands import (
    Described,
    add_place_commands,
    create_options,
    read_described,
)
from batchpoint.console.base import BatchpointGroup
from batchpoint.console.session import Session

group = BatchpointGroup("datastore", help="Datastores: named Blob containers.")
add_place_commands(group, "datastore", lambda session: session.client.datastores)


class DatastoreOptions(Described):
    """The options of `datastore create`."""

    container: str | None
    prefix: str | None
    kind: str | None


@group.command("create")
@create_options()
@click.option("--container-name", "--container", "container", help="The Blob container.")
@click.option("--prefix", help="The folder in it that paths start from.")
@click.option("-t", "--type", "kind", type=click.Choice(["azure_blob"]), help="Only azure_blob.")
def create(session: Session, **options: Unpack[DatastoreOptions]) -> object:
    """Gives a Blob container a name that jobs and data assets refer to."""
    document = read_described(
        options,
        container_name=options["container"],
        prefix=options["prefix"],
        type=options["kind"],
    )
    return session.client.datastores.create(document)
