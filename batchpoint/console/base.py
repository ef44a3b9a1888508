"""The command class that all commands share: common options, output, errors.

A command's function gets a `Session` and its own options, and returns the result to print, or None.
"""

import logging
import sys
from collections.abc import Sequence
from textwrap import indent
from typing import Any

import click

from batchpoint.console.rendering import FORMATS, Query, compile_query
from batchpoint.console.session import CommonOptions, Host, Session
from batchpoint.errors import BatchpointError


class CommandFailedError(click.ClickException):
    """Ends the command with exit code 1 and the error, one detail a line."""

    def __init__(self, error: BatchpointError) -> None:
        text = str(error)
        # Where there is but one cause, the message says it already.
        details = [detail for detail in map(str, error.details) if detail not in text]
        super().__init__("\n".join([text, *(indent(detail, "  ") for detail in details)]))


class SeveralValues(click.Option):
    """A `multiple` option that takes all values up to the next option, as in `--set a=1 b=2`."""


class BatchpointCommand(click.Command):
    """A command with the options that every command takes."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own options and the common ones."""
        return [*super().get_params(ctx), *COMMON_OPTIONS]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats an option's name before each of several values, as click wants it."""
        several = {
            name
            for option in self.params
            if isinstance(option, SeveralValues)
            for name in option.opts
        }
        return super().parse_args(ctx, spread(args, several))

    def invoke(self, ctx: click.Context) -> None:
        """Runs the function in a session, and prints its result."""
        own = dict(ctx.params)
        common = CommonOptions(own.pop("query"), own.pop("output"), own.pop("url"), _log_level(own))
        host = ctx.obj if isinstance(ctx.obj, Host) else Host()
        session = Session(common, host)
        _log_to_stderr(common.log_level)
        assert self.callback is not None  # noqa: S101 - each command is made of a function
        try:
            session.emit(ctx.invoke(self.callback, session, **own))
        except BatchpointError as error:
            raise CommandFailedError(error) from error
        finally:
            session.close()


class BatchpointGroup(click.Group):
    """A group whose commands are `BatchpointCommand`s."""

    command_class = BatchpointCommand


def spread(args: Sequence[str], several: set[str]) -> list[str]:
    """Turns `--set a b` into `--set a --set b` for the named options."""
    result: list[str] = []
    current: str | None = None
    values = 0
    for arg in args:
        if arg.startswith("-") and arg != "-":
            current, values = (arg if arg in several else None), 0
        elif current is not None:
            if values:
                result.append(current)
            values += 1
        result.append(arg)
    return result


def _query(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Query | None:
    # Compiled before anything is sent: a typing error must not cost a second job.
    try:
        return None if value is None else compile_query(value)
    except BatchpointError as error:
        raise click.UsageError(str(error)) from error


def _common_options() -> list[click.Parameter]:
    form = click.Choice(FORMATS, case_sensitive=False)
    ignored = [["-g", "--resource-group"], ["-w", "--workspace-name"], ["--subscription"]]
    return [
        click.Option(["--query"], callback=_query, help="JMESPath of what to print."),
        click.Option(
            ["-o", "--output"], type=form, help="Format of the result; json if not given."
        ),
        click.Option(["--url"], help="Address of the service; BATCHPOINT_URL otherwise."),
        click.Option(["--verbose"], is_flag=True, help="Print requests to stderr."),
        click.Option(["--debug"], is_flag=True, help="Print requests and bodies to stderr."),
        *(click.Option(names, hidden=True, expose_value=False) for names in ignored),
        click.Option(["--only-show-errors"], is_flag=True, hidden=True, expose_value=False),
    ]


def _log_level(values: dict[str, Any]) -> int:
    verbose, debug = values.pop("verbose"), values.pop("debug")
    if debug:
        return logging.DEBUG
    return logging.INFO if verbose else logging.WARNING


def _log_to_stderr(level: int) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("batchpoint")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


COMMON_OPTIONS = tuple(_common_options())
