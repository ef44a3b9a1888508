"""`batchpoint endpoint invoke`: starts a job."""

from typing import TypedDict, Unpack

import click

from batchpoint.commands.base import BatchpointCommand, SeveralValues
from batchpoint.commands.options import name_option, set_option, type_option, upload_option
from batchpoint.commands.session import Session
from batchpoint.inputs import InputChoice
from batchpoint.invocation import output_dataset, overrides
from batchpoint.models import JsonObject


class Choices(TypedDict):
    """The options of `endpoint invoke`."""

    anything: str | None
    input_type: str | None
    input_path: str | None
    input_local_path: tuple[str, ...]
    input_data: str | None
    input_datastore: str | None
    output_datastore: str | None
    output_path: str | None
    settings: tuple[str, ...]
    mini_batch_size: int | None
    instance_count: int | None
    deployment: str | None
    job_name: str | None
    incremental: bool
    concurrency: int


@click.command("invoke", cls=BatchpointCommand)
@name_option("endpoint")
@click.option(
    "--input", "anything", help="Input: azureml:NAME:VERSION, a URL, a URI, or a local path."
)
@click.option(
    "--input-type",
    type=click.Choice(["uri_folder", "uri_file"]),
    help="What a URL or URI is; found out if not given.",
)
@click.option("--input-path", help="Input: a URL or azureml:// URI; or a path in the datastore.")
@click.option(
    "--input-local-path",
    cls=SeveralValues,
    multiple=True,
    metavar="PATH...",
    help="Input: files or folders here.",
)
@click.option("--input-data", help="Input: a data asset, azureml:NAME:VERSION.")
@click.option("--input-datastore", help="Input: a datastore, azureml:NAME, with --input-path.")
@click.option("--output-datastore", help="Where the output goes, azureml:NAME.")
@click.option("--output-path", help="The output's folder in the datastore, or its URI.")
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
@click.option(
    "--incremental",
    is_flag=True,
    help="Score only what is new or changed since the last such job completed.",
)
@type_option()
@upload_option()
def invoke(session: Session, name: str, **choices: Unpack[Choices]) -> object:
    """Starts a job that scores the input; exactly one input is given."""
    source = InputChoice(
        choices["input_path"],
        choices["input_local_path"],
        choices["input_data"],
        choices["input_datastore"],
        choices["anything"],
        choices["input_type"],
    )
    source.check()
    properties = _properties(choices)
    found = source.find(lambda paths: session.upload_paths(paths, choices["concurrency"]))
    body: JsonObject = {"properties": {**found.properties(), **properties}}
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
    incremental: JsonObject = {"incremental": True} if choices["incremental"] else {}
    return {**output, **overrides(pairs), **incremental}
