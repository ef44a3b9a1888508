"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from batchpoint.commands.base import SeveralValues

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def name_option(what: str) -> Decorator:
    """`--name`, required."""
    return click.option("-n", "--name", required=True, help=f"Name of the {what}.")


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
