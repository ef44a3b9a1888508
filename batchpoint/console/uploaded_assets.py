"""Groups of assets whose files are uploaded, models and data: create, show, list and delete."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from batchpoint.console.asset_commands import (
    Described,
    add_asset_commands,
    create_options,
    read_described,
)
from batchpoint.console.base import BatchpointGroup
from batchpoint.console.options import upload_option, version_option
from batchpoint.console.request_documents import from_here, upload_local_paths
from batchpoint.console.session import Session
from batchpoint.forms.local_paths import rewrite_asset
from batchpoint.models import JsonObject

if TYPE_CHECKING:
    from batchpoint.resources.assets import Assets


class UploadedOptions(Described):
    """The options of `create`."""

    version: str | None
    path: str | None
    kind: str | None
    concurrency: int


def _as_it_is(document: JsonObject, _base: Path) -> JsonObject:
    return document


@dataclass(frozen=True)
class UploadedKind:
    """Names and types of one kind of asset.

    Attributes:
        what: Its name in messages.
        path_help: What `--path` takes.
        types: What `--type` takes.
        type_help: What `--type` says.
        assets: Where the service has them.
        complete: Adds what a local path tells to a document; gets the folder where paths start.
    """

    what: str
    path_help: str
    types: tuple[str, ...]
    type_help: str
    assets: Callable[[Session], "Assets"]
    complete: Callable[[JsonObject, Path], JsonObject] = _as_it_is


def add_uploaded_commands(group: BatchpointGroup, kind: UploadedKind) -> None:
    """Adds all commands of one kind."""
    add_asset_commands(group, kind.what, kind.assets)
    summary = f"Registers a version of a {kind.what}; local files are uploaded."

    @group.command("create", help=summary)
    @create_options()
    @version_option(what="The version; one more than the highest if not given.")
    @click.option("-p", "--path", help=kind.path_help)
    @click.option("-t", "--type", "kind", type=click.Choice(kind.types), help=kind.type_help)
    @upload_option()
    def create(  # pyright: ignore[reportUnusedFunction]
        session: Session, **options: Unpack[UploadedOptions]
    ) -> object:
        file = options["file"]
        document = read_described(
            options,
            version=options["version"],
            path=from_here(options["path"]),
            type=options["kind"],
        )
        complete = kind.complete(document, file.parent if file else Path())
        ready = upload_local_paths(session, complete, file, rewrite_asset, options["concurrency"])
        return kind.assets(session).create(ready)
