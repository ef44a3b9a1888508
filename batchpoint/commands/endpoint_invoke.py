"""`batchpoint endpoint invoke`: starts a job."""

from typing import Unpack

import click

from batchpoint.console.base import BatchpointCommand
from batchpoint.console.job_io_options import (
    JobPlaces,
    incremental_option,
    incremental_property,
    input_choice,
    input_options,
    input_properties,
    output_options,
)
from batchpoint.console.options import name_option, set_option, type_option
from batchpoint.console.session import Session
from batchpoint.forms.invocation import output_dataset, overrides
from batchpoint.models import JsonObject


class Choices(JobPlaces):
    """The options of `endpoint invoke`."""

    settings: tuple[str, ...]
    mini_batch_size: int | None
    instance_count: int | None
    deployment: str | None
    job_name: str | None


@click.command("invoke", cls=BatchpointCommand)
@name_option("endpoint")
@input_options()
@output_options()
@set_option("Settings of this job, such as retry_settings.max_retries=1.")
@click.option(
    "-m", "--mini-batch-size", type=click.IntRange(min=1), help="Files per call of run()."
)
@click.option(
    "-c",
    "--instance-count",
    type=click.IntRange(min=1),
    help="How many instances' worth of compute.",
)
@click.option("-d", "--deployment-name", "deployment", help="Not the active deployment but this.")
@click.option("--job-name", help="Name of the job; a GUID otherwise.")
@incremental_option()
@type_option()
def invoke(session: Session, name: str, **choices: Unpack[Choices]) -> object:
    """Starts a job that scores the input; exactly one input is given."""
    input_choice(choices).check()
    properties = _properties(choices)
    body: JsonObject = {"properties": {**input_properties(session, choices), **properties}}
    if choices["job_name"]:
        body["name"] = choices["job_name"]
    return session.client.jobs.invoke(name, body, deployment=choices["deployment"])


def _properties(choices: Choices) -> JsonObject:
    """Everything but the input, checked before files are uploaded."""
    pairs = list(choices["settings"])
    if choices["mini_batch_size"] is not None:
        pairs.append(f"mini_batch_size={choices['mini_batch_size']}")
    if choices["instance_count"] is not None:
        pairs.append(f"compute.instance_count={choices['instance_count']}")
    output = output_dataset(choices["output_datastore"], choices["output_path"])
    return {**output, **overrides(pairs), **incremental_property(choices)}
