"""The running stack as a user sees it: the command line, HTTP, and Blob Storage."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from azure.storage.blob import BlobServiceClient
from uv import find_uv_bin

from devhost.stack import LocalStack
from tests.e2e.model import HOST, REPOSITORY

T = TypeVar("T")
CONTAINER = "workspaceblobstore"
DATASTORE = f"azureml://datastores/{CONTAINER}/paths"
ENDED = {"Completed", "Failed", "Canceled"}
PROGRAM = Path(sys.executable).with_name("batchpoint")
Document = dict[str, Any]


def wait_for(look: Callable[[], T], until: Callable[[T], bool], seconds: float = 40) -> T:
    """Looks again and again until what is seen is as wanted."""
    deadline = time.monotonic() + seconds
    while not until(seen := look()):
        assert time.monotonic() < deadline, f"it did not come true in time; last seen: {seen}"
        time.sleep(0.05)
    return seen


@dataclass(frozen=True)
class Told:
    """Output and exit code of a command."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Gated:
    """An endpoint whose jobs stop before file 50 until its gate is open."""

    name: str
    gate: Path


@dataclass
class Service:
    """A running stack."""

    stack: LocalStack
    home: Path
    http: httpx.Client = field(init=False)
    storage: BlobServiceClient = field(init=False)

    def __post_init__(self) -> None:
        self.http = self.client(self.stack.sign_in.token())
        self.storage = BlobServiceClient.from_connection_string(self.stack.connection_string)

    def client(self, token: str) -> httpx.Client:
        """An HTTP client for the bearer of a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=f"{self.stack.url}/api", headers=headers, timeout=30)

    def close(self) -> None:
        self.http.close()
        self.storage.close()

    def cli(self, *arguments: str | Path, folder: Path | None = None) -> Told:
        """Runs `batchpoint` as a subprocess."""
        environment = {**os.environ, **self.stack.environment}
        ended = subprocess.run(
            [str(PROGRAM), *map(str, arguments)],
            cwd=folder or self.home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Told(ended.returncode, ended.stdout, ended.stderr)

    def put(self, folder: str, files: Mapping[str, bytes | str], container: str = CONTAINER) -> str:
        """Puts blobs below a folder and returns its URI in the default datastore."""
        client = self.storage.get_container_client(container)
        for name, content in files.items():
            client.upload_blob(f"{folder}/{name}", content, overwrite=True)
        return f"{DATASTORE}/{folder}"

    def blob(self, uri: str) -> bytes:
        """Reads a blob of the default datastore."""
        path = uri.removeprefix(f"{DATASTORE}/")
        return self.storage.get_blob_client(CONTAINER, path).download_blob().readall()

    def invoke(
        self,
        endpoint: str,
        uri: str,
        *,
        headers: Mapping[str, str] | None = None,
        **properties: Any,
    ) -> httpx.Response:
        """Invokes an endpoint over plain HTTP."""
        dataset = {"dataInputType": "DataUrl", "path": uri}
        body = {"properties": {"dataset": dataset, **properties}}
        return self.http.post(f"/endpoints/{endpoint}/jobs", json=body, headers=headers)

    def start(self, endpoint: str, uri: str, **properties: Any) -> str:
        """Invokes an endpoint and returns the job's name."""
        answer = self.invoke(endpoint, uri, **properties)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["name"])

    def job(self, name: str) -> Document:
        """Shows a job."""
        answer = self.http.get(f"/jobs/{name}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ended(self, name: str, seconds: float = 40) -> Document:
        """Waits for a job's end."""
        return wait_for(lambda: self.job(name), lambda job: job["status"] in ENDED, seconds)

    def completed(self, name: str, seconds: float = 40) -> Document:
        """Waits for a job that is expected to complete."""
        job = self.ended(name, seconds)
        assert job["status"] == "Completed", job
        return job

    def run(self, endpoint: str, uri: str, **properties: Any) -> Document:
        """Runs a job that is expected to complete."""
        return self.completed(self.start(endpoint, uri, **properties))

    def output(self, job: Document) -> bytes:
        """Reads a job's output file."""
        return self.blob(job["output"]["uri"])

    def rows(self, job: Document) -> list[dict[str, str]]:
        """Reads a job's output file as rows under their one header."""
        return list(csv.DictReader(io.StringIO(self.output(job).decode())))

    def failed_files(self, job: Document) -> list[Document]:
        """Reads the list of a job's failed files."""
        stem = job["output"]["uri"].rpartition(".")[0]
        return [json.loads(line) for line in self.blob(f"{stem}.failed.jsonl").splitlines()]

    def manifest(self, job: Document) -> Document:
        """Reads a job's manifest."""
        stem = job["output"]["uri"].rpartition(".")[0]
        return dict(json.loads(self.blob(f"{stem}.manifest.json")))


def points_csv(points: Iterable[tuple[float, float]]) -> str:
    """A CSV file of what the model is asked for."""
    return "x,y\n" + "".join(f"{x},{y}\n" for x, y in points)


def packages_cache() -> str:
    """Folder of uv's packages, so that they are downloaded once for many runs."""
    return subprocess.run(
        [find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True
    ).stdout.strip()


def start_stack(folder: Path, processes: int = 1) -> LocalStack:
    """Starts a stack whose watchdog does not wait long, with some processes of the app."""
    settings = {
        "BATCHPOINT_WATCHDOG_SCHEDULE": "* * * * * *",
        "BATCHPOINT_WATCHDOG_GRACE_SECONDS": "3",
        "BATCHPOINT_INBOX_SCHEDULE": "* * * * * *",
        "BATCHPOINT_INBOX_QUIET_SECONDS": "2",
        "BATCHPOINT_SCHEDULER_SCHEDULE": "* * * * * *",
        "BATCHPOINT_WEBHOOK_SCHEDULE": "* * * * * *",
        # Receivers of webhooks; other addresses of this machine stay out of reach.
        "BATCHPOINT_ALLOWED_HOSTS": "localhost",
        "BATCHPOINT_SCRATCH_FOLDER": str(folder / "scratch"),
        "UV_CACHE_DIR": packages_cache(),
    }
    stack = LocalStack(REPOSITORY, folder, settings=settings, kind=HOST, workers=processes)
    return stack.start()
