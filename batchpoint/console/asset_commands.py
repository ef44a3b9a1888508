"""Common commands of registered things: create from options, show, list, delete."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

from batchpoint.console.base import BatchpointCommand, BatchpointGroup
from batchpoint.console.options import (
    Decorator,
    all_of,
    confirm_unless,
    description_option,
    file_option,
    name_option,
    set_option,
    tags_option,
    version_option,
    yes_option,
)
from batchpoint.console.request_documents import named, read_with_settings
from batchpoint.console.session import Session
from batchpoint.errors import BatchpointError
from batchpoint.forms.key_values import read_tags
from batchpoint.models import JsonObject

if TYPE_CHECKING:
    from batchpoint.resources.assets import Assets
    from batchpoint.resources.places import Places


class Described(TypedDict):
    """The options of each `create`."""

    file: Path | None
    name: str | None
    description: str | None
    tags: tuple[str, ...]
    settings: tuple[str, ...]


def create_options() -> Decorator:
    """The options of `Described`."""
    return all_of(
        file_option(required=False),
        name_option("", required=False),
        description_option(),
        tags_option("Replaces the tags."),
        set_option("Values to set in the document, such as tags.team=risk."),
    )


def read_described(options: Described, **given: object) -> JsonObject:
    """The document of a `create`, whose options win over its file.

    Args:
        options: The shared options.
        given: The values of further options by their key in the document.

    Raises:
        BatchpointError: The file cannot be read, or there is no name.
    """
    values = {
        "name": options["name"],
        "description": options["description"],
        "tags": read_tags(options["tags"]) or None,
        **given,
    }
    return named(read_with_settings(options["file"], options["settings"], values))


def add_asset_commands(
    group: BatchpointGroup, what: str, assets: Callable[[Session], "Assets"]
) -> None:
    """Adds `show`, `list` and `delete` of what has versions."""

    @click.command("show", cls=BatchpointCommand, help=f"Shows a version of a {what}.")
    @name_option(what)
    @version_option(what="The version; the newest if not given.")
    @click.option("-l", "--label", type=click.Choice(["latest"]), help="latest: the newest one.")
    def show(session: Session, name: str, version: str | None, label: str | None) -> object:
        if version and label:
            raise BatchpointError("give --version or --label, not both")
        return assets(session).show(name, version or "latest")

    @click.command("list", cls=BatchpointCommand, help=f"Lists the newest version of each {what}.")
    @click.option("-n", "--name", help="Lists all versions of this one.")
    def list_(session: Session, name: str | None) -> object:
        return list(assets(session).versions(name) if name else assets(session).list())

    @click.command("delete", cls=BatchpointCommand, help=f"Deletes a {what} that nothing uses.")
    @name_option(what)
    @version_option(required=True, what="The version.")
    @yes_option()
    def delete(session: Session, name: str, version: str, *, yes: bool) -> None:
        confirm_unless(yes, f"Delete version {version} of the {what} '{name}'?")
        assets(session).delete(name, version)

    for command in (show, list_, delete):
        group.add_command(command)


def add_place_commands(
    group: BatchpointGroup, what: str, places: Callable[[Session], "Places"]
) -> None:
    """Adds `show`, `list` and `delete` of what has a name alone."""

    @click.command("show", cls=BatchpointCommand, help=f"Shows a {what}.")
    @name_option(what)
    def show(session: Session, name: str) -> object:
        return places(session).show(name)

    @click.command("list", cls=BatchpointCommand, help=f"Lists {what}s by name.")
    def list_(session: Session) -> object:
        return list(places(session).list())

    @click.command("delete", cls=BatchpointCommand, help=f"Deletes a {what} that nothing uses.")
    @name_option(what)
    @yes_option()
    def delete(session: Session, name: str, *, yes: bool) -> None:
        confirm_unless(yes, f"Delete the {what} '{name}'?")
        places(session).delete(name)

    for command in (show, list_, delete):
        group.add_command(command)
