"""`batchpoint data`: create, show, list and delete."""

from pathlib import Path
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
from batchpoint.localpaths import is_uri, local_path, rewrite_asset
from batchpoint.models import JsonObject

group = BatchpointGroup("data", help="Data assets: registered versions of inputs.")
add_asset_commands(group, "data asset", lambda session: session.client.data)


class DataOptions(Described):
    """The options of `data create`."""

    version: str | None
    path: str | None
    kind: str | None
    concurrency: int


@group.command("create")
@create_options()
@version_option(what="The version; one more than the highest if not given.")
@click.option("-p", "--path", help="A local file or folder, a URL, or an azureml:// URI.")
@click.option(
    "-t",
    "--type",
    "kind",
    type=click.Choice(["uri_file", "uri_folder"]),
    help="What the path is; of a local one it is seen.",
)
@upload_option()
def create(session: Session, **options: Unpack[DataOptions]) -> object:
    """Registers a version of a data asset; local files are uploaded."""
    document = read_described(
        options,
        version=options["version"],
        path=from_here(options["path"]),
        type=options["kind"],
    )
    file = options["file"]
    typed = _typed(document, file.parent if file else Path())
    ready = upload_local_paths(session, typed, file, rewrite_asset, options["concurrency"])
    return session.client.data.create(ready)


def _typed(document: JsonObject, base: Path) -> JsonObject:
    """Adds the type that a local path has, where the document says none."""
    given = document.get("path") or document.get("local_path")
    if document.get("type") or not isinstance(given, str) or is_uri(given):
        return document
    is_file = local_path(given, base).is_file()
    return {**document, "type": "uri_file" if is_file else "uri_folder"}
