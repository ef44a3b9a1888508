"""The client library: everything that the HTTP API offers, for Python programs and for the CLI.

tokens = TokenSource(lambda: azure_token("api://CLIENT-ID"))
with Client("https://myapp.azurewebsites.net", tokens) as client:
    data = client.upload([Path("data")])
    job = client.jobs.invoke("mybatchedp", {"properties": {"dataset": {
        "dataInputType": "DataUrl", "path": data}}})
    for state in client.follow(job["name"]):
        print(state["status"])
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from batchpoint.following import Pace, follow
from batchpoint.http.retrying import RetryPolicy
from batchpoint.http.transport import Tokens, Transport
from batchpoint.models import Job, JsonObject
from batchpoint.resources.assets import Assets
from batchpoint.resources.deployments import Deployments
from batchpoint.resources.endpoints import Endpoints
from batchpoint.resources.jobs import Jobs
from batchpoint.resources.places import Places
from batchpoint.resources.schedules import Schedules
from batchpoint.resources.uploads import Uploads
from batchpoint.resources.webhooks import Webhooks
from batchpoint.transfer.blobs import BlobTransfers
from batchpoint.transfer.contents import read_content
from batchpoint.transfer.downloads import Downloader, plan_downloads
from batchpoint.transfer.local_files import plan_upload
from batchpoint.transfer.parallel import Advance
from batchpoint.transfer.uploads import DEFAULT_CONCURRENCY, Uploader


class Client:
    """A batchpoint service.

    Attributes:
        endpoints: Its endpoints.
        deployments: Their deployments.
        schedules: What starts jobs on them by the clock.
        webhooks: Who is told of their jobs.
        jobs: Their jobs.
        models: Its registered models.
        environments: Its registered environments.
        data: Its data assets.
        datastores: Its datastores.
        computes: Its computes.
        uploads: Upload URLs; `upload` is what moves files.
        blobs: What moves bytes.

    Args:
        url: The address of the app, with or without `/api`.
        token: Gives the access token for each request; `batchpoint.signin` has some.
        retry: How often and how fast to repeat what may be repeated.
        timeout: Seconds to wait for an answer.

    Raises:
        BatchpointError: The address is not valid.
    """

    def __init__(
        self,
        url: str,
        token: Tokens,
        *,
        retry: RetryPolicy | None = None,
        timeout: float = 60.0,
    ) -> None:
        policy = retry or RetryPolicy()
        self._retry = policy
        self._transport = Transport(url, token, policy, timeout)
        self.blobs = BlobTransfers(policy)
        self.endpoints = Endpoints(self._transport)
        self.deployments = Deployments(self._transport)
        self.schedules = Schedules(self._transport)
        self.webhooks = Webhooks(self._transport)
        self.jobs = Jobs(self._transport)
        self.models = Assets(self._transport, "models")
        self.environments = Assets(self._transport, "environments")
        self.data = Assets(self._transport, "data")
        self.datastores = Places(self._transport, "datastores")
        self.computes = Places(self._transport, "computes")
        self.uploads = Uploads(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()
        self.blobs.close()

    def health(self) -> JsonObject:
        """Asks whether the app serves, and for its version."""
        return self._transport.request("GET", "/health").body

    def schemas(self) -> list[JsonObject]:
        """Lists the JSON Schemas of the documents that the service reads."""
        return list(self._transport.pages("/schemas"))

    def upload(
        self,
        paths: Sequence[Path],
        *,
        concurrency: int = DEFAULT_CONCURRENCY,
        advance: Advance = lambda _: None,
    ) -> str:
        """Uploads local files or folders, except what is there already.

        Args:
            paths: At least one.
            concurrency: How many files at once.
            advance: Told of each piece of bytes that has been sent or is there.

        Returns:
            The URI of the file or folder, or of the folder that holds all of several.
        """
        plan = plan_upload(paths)
        content = read_content(plan, lambda _: None)
        return Uploader(self.uploads, self.blobs, concurrency).upload(plan, content, advance).uri

    def follow(self, job: str, *, timeout: float | None = None) -> Iterator[Job]:
        """Yields a job's state now and then, until it has ended.

        Raises:
            FollowTimeoutError: It has not ended after `timeout` seconds.
        """
        pace = Pace(sleep=self._retry.sleep, clock=time.monotonic, timeout=timeout)
        return follow(lambda: self.jobs.show(job), pace)

    def download(self, job: str, folder: Path, *, overwrite: bool = False) -> list[Path]:
        """Downloads all outputs of a job, its manifest and failed-files list included.

        Returns:
            The files that were written.
        """
        downloads = plan_downloads(list(self.jobs.outputs(job)), folder, overwrite=overwrite)
        Downloader(self.blobs, overwrite=overwrite).download(downloads, lambda _: None)
        return [download.path for download in downloads]
