"""The command `batchpoint`. Groups are modules of `batchpoint.commands`, imported when used."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click

from batchpoint.console.base import BatchpointGroup
from batchpoint.console.harmless_text import harmless

GROUPS = (
    "account",
    "compute",
    "data",
    "datastore",
    "deployment",
    "endpoint",
    "environment",
    "job",
    "model",
    "schedule",
    "webhook",
)
ALIASES = {"batch-deployment": "deployment", "batch-endpoint": "endpoint"}


class RootGroup(BatchpointGroup):
    """The top: finds groups by name, and reports errors as `ERROR: …`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all groups."""
        return [*GROUPS, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the module of a group; `batch-endpoint` is today's `az` name of `endpoint`."""
        name = ALIASES.get(cmd_name, cmd_name)
        if name not in GROUPS:
            return super().get_command(ctx, cmd_name)
        return importlib.import_module(f"batchpoint.commands.{name}").group

    def main(self, args: Sequence[str] | None = None, *rest: Any, **extra: Any) -> Any:  # noqa: ANN401
        """Runs the command line and exits: 0, 1 for errors, 2 for usage, 130 for Ctrl-C."""
        try:
            sys.exit(super().main(args, *rest, **{**extra, "standalone_mode": False}) or 0)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except click.UsageError as error:
            hint = f"\n{error.ctx.get_usage()}" if error.ctx else ""
            click.echo(harmless(f"ERROR: {error.format_message()}{hint}"), err=True)
            sys.exit(error.exit_code)
        except click.ClickException as error:
            click.echo(harmless(f"ERROR: {error.format_message()}"), err=True)
            sys.exit(error.exit_code)
        except click.Abort:
            sys.exit(130)


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415 - slow to import

        click.echo(f"batchpoint {version('batchpoint')}")
        ctx.exit()


@click.group(cls=RootGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
def cli() -> None:
    """Batch endpoints for machine-learning models on Azure Functions."""


def main() -> None:
    """Runs the command line of this process."""
    try:
        cli.main(prog_name="batchpoint")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
