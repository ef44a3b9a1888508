"""Options that several commands share."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from batchpoint.console.base import SeveralValues

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def all_of(*options: Decorator) -> Decorator:
    """Several options as one."""

    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return apply


def name_option(what: str, *, required: bool = True) -> Decorator:
    """`--name`: of what exists, or else the name that replaces that of a file."""
    text = f"Name of the {what}." if required else "Replaces the name in the file."
    return click.option("-n", "--name", required=required, help=text)


def version_option(*, required: bool = False, what: str) -> Decorator:
    """`--version`."""
    return click.option("-v", "--version", required=required, help=what)


def endpoint_option(*, required: bool = False, what: str = "Name of the endpoint.") -> Decorator:
    """`--endpoint-name`."""
    return click.option("-e", "--endpoint-name", "endpoint", required=required, help=what)


def file_option(*, required: bool = True) -> Decorator:
    """`--file`."""
    return click.option(
        "-f",
        "--file",
        type=click.Path(path_type=Path),
        required=required,
        help="The YAML file; local paths in it start from its folder.",
    )


def set_option(what: str) -> Decorator:
    """`--set`, with several values."""
    return click.option(
        "--set", "settings", cls=SeveralValues, multiple=True, metavar="KEY=VALUE...", help=what
    )


def description_option() -> Decorator:
    """`--description`."""
    return click.option("--description", help="What it is, in a sentence.")


def tags_option(what: str) -> Decorator:
    """`--tags`, with several values."""
    return click.option(
        "--tags", cls=SeveralValues, multiple=True, metavar="KEY=VALUE...", help=what
    )


def type_option() -> Decorator:
    """`--type`, for which there is but one value."""
    return click.option(
        "--type", type=click.Choice(["batch"]), expose_value=False, help="Only batch."
    )


def top_option() -> Decorator:
    """`--top`."""
    return click.option(
        "--top", "--max-results", "-r", type=click.IntRange(min=1), help="At most so many."
    )


def upload_option() -> Decorator:
    """`--upload-concurrency`."""
    return click.option(
        "--upload-concurrency",
        "concurrency",
        type=click.IntRange(1, 64),
        default=8,
        show_default=True,
        help="How many files to upload at once.",
    )


def wait_option() -> Decorator:
    """`--no-wait` of commands that wait until an environment is built."""
    text = "Do not wait until the environments of deployments are built."
    return click.option("--no-wait", is_flag=True, help=text)


def no_wait_option() -> Decorator:
    """`--no-wait` of `az`, which means nothing to commands that wait for nothing."""
    return click.option("--no-wait", is_flag=True, hidden=True, expose_value=False)


def yes_option() -> Decorator:
    """`--yes`."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")


def confirm_unless(yes: bool, question: str) -> None:
    """Asks on a terminal, and ends the command if the answer is no."""
    if not yes and sys.stdin.isatty():
        click.confirm(question, abort=True, err=True)
