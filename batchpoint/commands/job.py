"""`batchpoint job`: show, list, stream, cancel, resume and download."""

from itertools import islice
from pathlib import Path

import click

from batchpoint.commands.base import BatchpointGroup
from batchpoint.commands.options import (
    endpoint_option,
    name_option,
    no_wait_option,
    top_option,
)
from batchpoint.commands.session import Session, told_when_absent
from batchpoint.commands.streaming import stream_job
from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject

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
        if not session.surroundings.open_browser(page):
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


@group.command("download")
@name_option("job")
@click.option(
    "-p",
    "--download-path",
    "folder",
    type=click.Path(path_type=Path),
    help="The folder to write to; ./JOB if not given.",
)
@click.option("--all", "all_kinds", is_flag=True, help="Manifest, failed files' list, logs too.")
@click.option("--overwrite", is_flag=True, help="Replace files that differ.")
@click.option("--output-name", hidden=True, expose_value=False)
def download(
    session: Session, name: str, folder: Path | None, *, all_kinds: bool, overwrite: bool
) -> object:
    """Downloads the outputs of a job."""
    target = folder or Path(name)
    files = _download_outputs(session, name, target, all_kinds=all_kinds, overwrite=overwrite)
    if all_kinds:
        files += _download_logs(session, name, target, overwrite=overwrite)
    if not files:
        status = session.client.jobs.show(name)["status"]
        raise BatchpointError(f"the job '{name}' has no output to download; it is {status}")
    return files


def _download_outputs(
    session: Session, name: str, folder: Path, *, all_kinds: bool, overwrite: bool
) -> list[JsonObject]:
    from batchpoint.downloads import Downloader, plan_downloads  # noqa: PLC0415 - slow to import

    outputs = [
        output
        for output in session.client.jobs.outputs(name)
        if all_kinds or output["kind"] == "output"
    ]
    downloads = plan_downloads(outputs, folder, overwrite=overwrite)
    with session.progress("Downloading", sum(output["size"] for output in outputs)) as advance:
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


def _download_logs(
    session: Session, name: str, folder: Path, *, overwrite: bool
) -> list[JsonObject]:
    from batchpoint.logfiles import write_logs  # noqa: PLC0415 - slow to import

    written = write_logs(session.client.jobs.logs(name), folder, overwrite=overwrite)
    return [
        {
            "name": path.relative_to(folder).as_posix(),
            "kind": "log",
            "size": path.stat().st_size,
            "path": str(path),
        }
        for path in written
    ]
