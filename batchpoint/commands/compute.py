"""`batchpoint compute`: create, show, list and delete."""

from typing import Unpack

import click

from batchpoint.console.asset_commands import (
    Described,
    add_place_commands,
    create_options,
    read_described,
)
from batchpoint.console.base import BatchpointGroup
from batchpoint.console.options import no_wait_option
from batchpoint.console.session import Session

group = BatchpointGroup("compute", help="Computes: limits on how much may run at once.")
add_place_commands(group, "compute", lambda session: session.client.computes)


class ComputeOptions(Described):
    """The options of `compute create`."""

    kind: str | None
    size: str | None
    min_instances: int | None
    max_instances: int | None
    idle: int | None


@group.command("create")
@create_options()
@click.option("-t", "--type", "kind", help="Only AmlCompute, in any case.")
@click.option("--size", help="The size of a machine, which is kept and shown.")
@click.option("--min-instances", type=int, help="Kept and shown.")
@click.option(
    "--max-instances", type=int, help="How many instances' worth of work all jobs may do at once."
)
@click.option("--idle-time-before-scale-down", "idle", type=int, help="Seconds; kept and shown.")
@no_wait_option()
def create(session: Session, **options: Unpack[ComputeOptions]) -> object:
    """Creates a compute."""
    document = read_described(
        options,
        type=options["kind"],
        size=options["size"],
        min_instances=options["min_instances"],
        max_instances=options["max_instances"],
        idle_time_before_scale_down=options["idle"],
    )
    return session.client.computes.create(document)
