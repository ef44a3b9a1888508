"""`batchpoint webhook`: create, show, list and delete."""

from pathlib import Path

import click

from batchpoint.console.base import BatchpointGroup, SeveralValues
from batchpoint.console.child_commands import add_child_commands
from batchpoint.console.options import (
    description_option,
    endpoint_option,
    file_option,
    name_option,
    set_option,
)
from batchpoint.console.request_documents import endpoint_named, named, read_with_settings
from batchpoint.console.session import Session

group = BatchpointGroup("webhook", help="Webhooks: who is told of an endpoint's jobs.")


@group.command("create")
@endpoint_option(what="The endpoint; endpoint_name in the file otherwise.")
@file_option(required=False)
@name_option("", required=False)
@description_option()
@click.option("--target-url", help="The address to which events are posted.")
@click.option(
    "--states",
    cls=SeveralValues,
    multiple=True,
    metavar="STATE...",
    help="What it is told: Started, Completed, Failed, Canceled; all of them if not given.",
)
@click.option("--secret", help="What signs events, whsec_…; made and shown once if not given.")
@set_option("Values to set in the document.")
def create(
    session: Session,
    endpoint: str | None,
    file: Path | None,
    name: str | None,
    settings: tuple[str, ...],
    **given: str | tuple[str, ...] | None,
) -> object:
    """Creates a webhook, or replaces what one of that name says."""
    values = {
        "endpoint_name": endpoint,
        "name": name,
        "description": given["description"],
        "url": given["target_url"],
        "states": list(given["states"] or ()) or None,
        "secret": given["secret"],
    }
    document = named(read_with_settings(file, settings, values))
    return session.client.webhooks.put(endpoint_named(document), document["name"], document)


add_child_commands(
    group,
    "webhook",
    lambda session: session.client.webhooks,
    shows="Shows a webhook, and how its deliveries go.",
    deletes="Deletes a webhook, which is told nothing from then on.",
)
