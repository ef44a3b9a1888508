"""The commands that schedules and webhooks share: show, list and delete by endpoint and name."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from batchpoint.console.base import BatchpointCommand, BatchpointGroup
from batchpoint.console.options import (
    Decorator,
    all_of,
    confirm_unless,
    endpoint_option,
    name_option,
    yes_option,
)
from batchpoint.console.session import Session

if TYPE_CHECKING:
    from batchpoint.resources.children import Children


def add_child_commands(
    group: BatchpointGroup,
    what: str,
    children: Callable[[Session], "Children[Any]"],
    *,
    shows: str,
    deletes: str,
    delete_options: Sequence[Decorator] = (),
) -> None:
    """Adds `show`, `list` and `delete` of what endpoints have by name.

    Args:
        group: The group of commands.
        what: The kind of child, such as `schedule`.
        children: Gives the children of that kind.
        shows: The help of `show`.
        deletes: The help of `delete`.
        delete_options: Options of `delete` besides the names and `--yes`; they hold no values.
    """

    @click.command("show", cls=BatchpointCommand, help=shows)
    @endpoint_option(required=True)
    @name_option(what)
    def show(session: Session, endpoint: str, name: str) -> object:
        return children(session).show(endpoint, name)

    @click.command("list", cls=BatchpointCommand, help=f"Lists an endpoint's {what}s by name.")
    @endpoint_option(required=True)
    def list_(session: Session, endpoint: str) -> object:
        return list(children(session).list(endpoint))

    @click.command("delete", cls=BatchpointCommand, help=deletes)
    @endpoint_option(required=True)
    @name_option(what)
    @yes_option()
    @all_of(*delete_options)
    def delete(session: Session, endpoint: str, name: str, *, yes: bool) -> None:
        confirm_unless(yes, f"Delete the {what} '{name}' of the endpoint '{endpoint}'?")
        children(session).delete(endpoint, name)

    for command in (show, list_, delete):
        group.add_command(command)
