"""`batchpoint job`: show, list, stream, cancel, resume, delete and download."""

from itertools import islice
from pathlib import Path
from typing import TypedDict, Unpack

import click

from batchpoint.console.base import BatchpointGroup
from batchpoint.console.job_download import Fetching
from batchpoint.console.options import (
    confirm_unless,
    endpoint_option,
    name_option,
    no_wait_option,
    top_option,
    yes_option,
)
from batchpoint.console.session import Session, told_when_absent
from batchpoint.console.streaming import stream_job
from batchpoint.errors import BatchpointError

group = BatchpointGroup("job", help="Jobs: what invocations of endpoints have started.")


@group.command("show")
@name_option("job")
@click.option("--web", is_flag=True, help="Open the job's page in a browser.")
def show(session: Session, name: str, *, web: bool) -> object:
    """Shows a job with its live counts."""
    job = session.client.jobs.show(name)
    if web:
        page = job["interactionEndpoints"]["Studio"]["endpoint"]
        click.echo(f"Opening {page}", err=True)
        if not session.host.open_browser(page):
            click.echo("No browser could be started.", err=True)
    return job


@group.command("list")
@endpoint_option(what="Only jobs of this endpoint.")
@click.option("--status", help="Only jobs of this status, such as Running.")
@top_option()
def list_(session: Session, endpoint: str | None, status: str | None, top: int | None) -> object:
    """Lists jobs, newest first."""
    return list(islice(session.client.jobs.list(endpoint=endpoint, status=status, top=top), top))


@group.command("stream")
@name_option("job")
@click.option("--timeout", type=float, help="Follow for at most so many seconds.")
def stream(session: Session, name: str, timeout: float | None) -> None:
    """Follows a job until it ends; exits with 0 only if it is Completed."""
    stream_job(session, name, timeout)


@group.command("cancel")
@name_option("job")
@no_wait_option()
def cancel(session: Session, name: str) -> object:
    """Asks a job to stop; one that has ended stays as it is."""
    return session.client.jobs.cancel(name)


@group.command("resume")
@name_option("job")
def resume(session: Session, name: str) -> object:
    """Makes a job that has failed or was canceled score what is missing."""
    with told_when_absent("resume jobs"):
        return session.client.jobs.resume(name)


@group.command("delete")
@name_option("job")
@yes_option()
def delete(session: Session, name: str, *, yes: bool) -> None:
    """Deletes a job that has ended; its output stays."""
    confirm_unless(yes, f"Delete the job '{name}' with its logs, but not its output?")
    with told_when_absent("delete jobs"):
        session.client.jobs.delete(name)


class DownloadOptions(TypedDict):
    """The options of `job download`."""

    folder: Path | None
    all_kinds: bool
    logs: bool
    partial: bool
    overwrite: bool


@group.command("download")
@name_option("job")
@click.option(
    "-p",
    "--download-path",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder to write to; ./JOB if not given.",
)
@click.option("--all", "all_kinds", is_flag=True, help="Manifest, failed files' list, log too.")
@click.option("--logs", is_flag=True, help="Only what happened and what was printed: job.log.")
@click.option("--partial", is_flag=True, help="What is scored so far, of a job not Completed.")
@click.option("--overwrite", is_flag=True, help="Replace files that differ.")
@click.option("--output-name", hidden=True, expose_value=False)
def download(session: Session, name: str, **options: Unpack[DownloadOptions]) -> object:
    """Downloads the outputs of a job."""
    folder = options["folder"] or Path(name)
    fetching = Fetching(session, name, folder, options["overwrite"])
    files = fetching.partial() if options["partial"] else []
    if not options["partial"] and (options["all_kinds"] or not options["logs"]):
        files += fetching.outputs(all_kinds=options["all_kinds"])
    if options["all_kinds"] or options["logs"]:
        files += fetching.log()
    if not files:
        status = session.client.jobs.show(name)["status"]
        raise BatchpointError(
            f"the job '{name}' has no output to download; it is {status}; "
            "--partial brings what it has scored"
        )
    return files
