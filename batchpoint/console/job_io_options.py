"""The options that say what jobs read, how much of it they score, and where they write."""

from typing import TypedDict

import click

from batchpoint.console.base import SeveralValues
from batchpoint.console.options import Decorator, all_of, upload_option
from batchpoint.console.session import Session
from batchpoint.forms.inputs import InputChoice
from batchpoint.models import JsonObject


class JobPlaces(TypedDict):
    """The options of `input_options`, `incremental_option` and `output_options`."""

    anything: str | None
    input_type: str | None
    input_path: str | None
    input_local_path: tuple[str, ...]
    input_data: str | None
    input_datastore: str | None
    output_datastore: str | None
    output_path: str | None
    incremental: bool
    concurrency: int


def input_options() -> Decorator:
    """The options of which exactly one kind says what the input is."""
    return all_of(
        click.option(
            "--input",
            "anything",
            help="Input: azureml:NAME:VERSION, a URL, a URI, or a local path.",
        ),
        click.option(
            "--input-type",
            type=click.Choice(["uri_folder", "uri_file"]),
            help="What a URL or URI is; found out if not given.",
        ),
        click.option(
            "--input-path", help="Input: a URL or azureml:// URI; or a path in the datastore."
        ),
        click.option(
            "--input-local-path",
            cls=SeveralValues,
            multiple=True,
            metavar="PATH...",
            help="Input: files or folders here.",
        ),
        click.option("--input-data", help="Input: a data asset, azureml:NAME:VERSION."),
        click.option(
            "--input-datastore", help="Input: a datastore, azureml:NAME, with --input-path."
        ),
        upload_option(),
    )


def incremental_option() -> Decorator:
    """The option that leaves out what was scored before."""
    return click.option(
        "--incremental",
        is_flag=True,
        help="Score only what is new or changed since the last such job completed.",
    )


def output_options() -> Decorator:
    """The options that say where the output goes."""
    return all_of(
        click.option("--output-datastore", help="Where the output goes, azureml:NAME."),
        click.option("--output-path", help="The output's folder in the datastore, or its URI."),
    )


def incremental_property(places: JobPlaces) -> JsonObject:
    """Reads the incremental settings of an invocation's body.

    Raises:
        BatchpointError: The input is not one that a later job finds again.
    """
    if not places["incremental"]:
        return {}
    input_choice(places).check_lasting()
    return {"incremental": True}


def input_choice(places: JobPlaces) -> InputChoice:
    """Reads the options for the input."""
    return InputChoice(
        places["input_path"],
        places["input_local_path"],
        places["input_data"],
        places["input_datastore"],
        places["anything"],
        places["input_type"],
    )


def input_properties(session: Session, places: JobPlaces) -> JsonObject:
    """Returns the input part of an invocation's body; local files are uploaded."""
    concurrency = places["concurrency"]
    found = input_choice(places).find(lambda paths: session.upload_paths(paths, concurrency))
    return found.properties()
