"""Downloads for `batchpoint job download`: outputs, the log, and partial results."""

from dataclasses import dataclass
from pathlib import Path

from batchpoint.console.session import Session
from batchpoint.errors import BatchpointError
from batchpoint.models import JsonObject, OutputFile

LOG_NAME = "job.log"


@dataclass(frozen=True)
class Fetching:
    """Fetches what belongs to one job into a folder.

    Attributes:
        session: Reaches the service.
        name: The job.
        folder: Where to write.
        overwrite: Whether differing files may be replaced.
    """

    session: Session
    name: str
    folder: Path
    overwrite: bool

    def outputs(self, *, all_kinds: bool) -> list[JsonObject]:
        """Fetches the output; with `all_kinds` its manifest and the list of failed files too."""
        from batchpoint.transfer.downloads import Downloader, plan_downloads  # noqa: PLC0415 - slow

        listed = self.session.client.jobs.outputs(self.name)
        outputs: list[OutputFile] = [
            output for output in listed if all_kinds or output["kind"] == "output"
        ]
        downloads = plan_downloads(outputs, self.folder, overwrite=self.overwrite)
        size = sum(output["size"] for output in outputs)
        with self.session.progress("Downloading", size) as advance:
            downloader = Downloader(self.session.client.blobs, overwrite=self.overwrite)
            downloader.download(downloads, advance)
        return [self._told(item.path, item.output["kind"]) for item in downloads]

    def log(self) -> list[JsonObject]:
        """Fetches what happened and what was printed, as one file."""
        from batchpoint.transfer.log_files import write_log  # noqa: PLC0415 - slow to import

        jobs, path = self.session.client.jobs, self.folder / LOG_NAME
        entries = jobs.logs_in_order(self.name)
        write_log(jobs.events(self.name), entries, path, overwrite=self.overwrite)
        return [self._told(path, "log")]

    def partial(self) -> list[JsonObject]:
        """Fetches what is scored so far.

        Raises:
            BatchpointError: The job is Completed, so that there is a whole output.
        """
        from batchpoint.transfer.partial import PartialDownload, PartialFiles  # noqa: PLC0415 - slow

        client = self.session.client
        job = client.jobs.show(self.name)
        if job["status"] == "Completed":
            raise BatchpointError(
                f"the job '{self.name}' is Completed: its output is whole; leave --partial out"
            )
        files = PartialFiles.of(job, self.folder)
        download = PartialDownload(client.blobs, job, files, overwrite=self.overwrite)
        kinds = {files.manifest: "manifest", files.failed: "failed_files"}
        written = download.run(client.jobs.records(self.name))
        return [self._told(path, kinds.get(path, "partial")) for path in written]

    def _told(self, path: Path, kind: str) -> JsonObject:
        return {
            "name": path.relative_to(self.folder).as_posix(),
            "kind": kind,
            "size": path.stat().st_size,
            "path": str(path),
        }
