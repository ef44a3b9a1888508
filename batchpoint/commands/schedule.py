"""`batchpoint schedule`: create, show, list, pause, resume and delete."""

from typing import Unpack

import click

from batchpoint.console.asset_commands import Described, create_options, read_described
from batchpoint.console.base import BatchpointGroup
from batchpoint.console.child_commands import add_child_commands
from batchpoint.console.job_io_options import (
    JobPlaces,
    incremental_option,
    incremental_property,
    input_choice,
    input_options,
    input_properties,
    output_options,
)
from batchpoint.console.options import (
    endpoint_option,
    name_option,
    no_wait_option,
)
from batchpoint.console.request_documents import endpoint_named
from batchpoint.console.session import Session
from batchpoint.errors import BatchpointError
from batchpoint.forms.invocation import output_dataset
from batchpoint.models import JsonObject

group = BatchpointGroup("schedule", help="Schedules: jobs that are started by the clock.")


class ScheduleOptions(Described, JobPlaces):
    """The options of `schedule create`."""

    endpoint: str | None
    cron: str | None
    time_zone: str | None
    start_time: str | None
    end_time: str | None
    missed: str | None
    deployment: str | None


@group.command("create")
@endpoint_option(what="The endpoint; endpoint_name in the file otherwise.")
@create_options()
@click.option("--cron", metavar="EXPRESSION", help="When, such as '30 2 * * mon-fri'.")
@click.option("--time-zone", help="Whose clocks count, such as Europe/Berlin; UTC otherwise.")
@click.option(
    "--start-time", metavar="TIME", help="Nothing is due before, such as 2026-07-10T10:00."
)
@click.option("--end-time", metavar="TIME", help="Nothing is due after.")
@click.option(
    "--missed",
    type=click.Choice(["once", "skip"]),
    help="Times at which nothing could be started: one job for all of them, or none.",
)
@click.option("-d", "--deployment-name", "deployment", help="Not the active deployment but this.")
@input_options()
@incremental_option()
@output_options()
@no_wait_option()
def create(session: Session, **options: Unpack[ScheduleOptions]) -> object:
    """Creates a schedule, or replaces what one of that name says."""
    document = read_described(
        options,
        missed=options["missed"],
        deployment_name=options["deployment"],
        endpoint_name=options["endpoint"],
    )
    trigger = {
        "expression": options["cron"],
        "time_zone": options["time_zone"],
        "start_time": options["start_time"],
        "end_time": options["end_time"],
    }
    _set(document, "trigger", {key: value for key, value in trigger.items() if value})
    endpoint = endpoint_named(document)
    _set_places(session, document, options)
    return session.client.schedules.put(endpoint, document["name"], document)


def _set_places(session: Session, document: JsonObject, options: ScheduleOptions) -> None:
    """Puts into the document what its jobs read, and where they write."""
    has_input = any(
        options[key]
        for key in ("anything", "input_path", "input_local_path", "input_data", "input_datastore")
    )
    more = {
        **output_dataset(options["output_datastore"], options["output_path"]),
        **incremental_property(options),
    }
    if has_input or "create_job" not in document:
        input_choice(options).check()
    if not has_input and not more:
        return
    job = document.setdefault("create_job", {})
    if not isinstance(job, dict):
        raise BatchpointError("'create_job' in the file must be a mapping")
    given = input_properties(session, options) if has_input else {}
    _set(job, "properties", {**given, **more})


def _set(document: JsonObject, key: str, values: JsonObject) -> None:
    """Puts values into one of the document's mappings."""
    if not values:
        return
    found = document.get(key, {})
    if not isinstance(found, dict):
        raise BatchpointError(f"'{key}' in the file must be a mapping")
    document[key] = {**found, **values}


@group.command("pause")
@endpoint_option(required=True)
@name_option("schedule")
def pause(session: Session, endpoint: str, name: str) -> object:
    """Makes a schedule start nothing until it is resumed."""
    return session.client.schedules.pause(endpoint, name)


@group.command("resume")
@endpoint_option(required=True)
@name_option("schedule")
def resume(session: Session, endpoint: str, name: str) -> object:
    """Makes a paused schedule go on, from the next time that is due."""
    return session.client.schedules.resume(endpoint, name)


add_child_commands(
    group,
    "schedule",
    lambda session: session.client.schedules,
    shows="Shows a schedule: when it is due next, its last job, and what became of the last times.",
    deletes="Deletes a schedule; its jobs stay.",
    delete_options=[no_wait_option()],
)
