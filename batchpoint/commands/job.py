"""`batchpoint job`: show, list, stream and download."""

from itertools import islice
from pathlib import Path

import click

from batchpoint.commands.base import BatchpointGroup
from batchpoint.commands.options import endpoint_option, name_option, top_option
from batchpoint.commands.session import Session
from batchpoint.commands.streaming import stream_job
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
        session.surroundings.open_browser(page)
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


@group.command("download")
@name_option("job")
@click.option(
    "-p",
    "--download-path",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder to write to; ./JOB if not given.",
)
@click.option("--all", "all_kinds", is_flag=True, help="The manifest and failed files' list too.")
@click.option("--overwrite", is_flag=True, help="Replace files that differ.")
def download(
    session: Session, name: str, folder: Path | None, *, all_kinds: bool, overwrite: bool
) -> object:
    """Downloads the outputs of a job."""
    from batchpoint.downloads import Downloader, plan_downloads  # noqa: PLC0415 - slow to import

    outputs = [
        output
        for output in session.client.jobs.outputs(name)
        if all_kinds or output["kind"] == "output"
    ]
    if not outputs:
        status = session.client.jobs.show(name)["status"]
        raise BatchpointError(f"the job '{name}' has no output to download; it is {status}")
    downloads = plan_downloads(outputs, folder or Path(name), overwrite=overwrite)
    size = sum(output["size"] for output in outputs)
    with session.progress("Downloading", size) as advance:
        Downloader(session.client.blobs, overwrite=overwrite).download(downloads, advance)
    return [
        {
            "name": download.output["name"],
            "kind": download.output["kind"],
            "size": download.output["size"],
            "path": str(download.path),
        }
        for download in downloads
    ]
