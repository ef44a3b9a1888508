"""The app as its users see it: HTTP, and the storage's bytes."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from azure.storage.blob import BlobServiceClient

from devhost.stack import LocalStack
from devhost.stack.signin import Bearer

CONTAINER = "workspaceblobstore"
DATASTORE = f"azureml://datastores/{CONTAINER}/paths"
ENDPOINT = "chaos"
ENDED = frozenset({"Completed", "Failed", "Canceled"})
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class GaveUpError(Exception):
    """The service did not do in time what it should."""


class Service:
    """Asks the app again and again, as its clients do; reads the storage past the proxy."""

    def __init__(self, stack: LocalStack) -> None:
        """Takes the stack, whose address a restart may change."""
        self._stack = stack
        self._bearer = Bearer(stack.sign_in)
        self._http = httpx.Client(timeout=30)
        self.storage = BlobServiceClient.from_connection_string(stack.connection_string)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()
        self.storage.close()

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Sends a request until there is an answer that is not of the moment.

        Raises:
            GaveUpError: There is none for two minutes.
        """
        deadline = time.monotonic() + 120
        while True:
            try:
                sent = {**self._bearer.headers, **(headers or {})}
                url = f"{self._stack.url}/api/{path}"
                answer = self._http.request(method, url, json=body, headers=sent)
                seen = f"{answer.status_code} {answer.text[:500]}"
                if answer.status_code not in _PASSING:
                    return answer
            except httpx.TransportError as error:
                seen = repr(error)
            if time.monotonic() > deadline:
                raise GaveUpError(f"{method} {path}: {seen}")
            time.sleep(0.3)

    def job(self, name: str) -> dict[str, Any]:
        """Shows a job."""
        answer = self.ask("GET", f"jobs/{name}")
        if answer.status_code != 200:
            raise GaveUpError(f"job {name}: {answer.status_code} {answer.text[:500]}")
        return dict(answer.json())

    def ended(self, name: str, seconds: float) -> dict[str, Any]:
        """Waits for a job's end.

        Raises:
            GaveUpError: It has not ended in time.
        """
        deadline, pause = time.monotonic() + seconds, 0.2
        while True:
            job = self.job(name)
            if job["status"] in ENDED:
                return job
            if time.monotonic() > deadline:
                raise GaveUpError(f"it is still {job['status']} after {seconds:.0f} s")
            # A look costs the app about as much as a mini-batch.
            time.sleep(pause)
            pause = min(pause * 1.5, 2.0)

    def put(self, folder: str, files: Mapping[str, str | bytes]) -> str:
        """Puts files below a folder of the default datastore; gives the folder's URI."""
        container = self.storage.get_container_client(CONTAINER)
        if not container.exists():
            container.create_container()
        for name, content in files.items():
            container.upload_blob(f"{folder}/{name}", content, overwrite=True)
        return f"{DATASTORE}/{folder}"

    def put_folder(self, folder: str, local: Path) -> str:
        """Puts a local folder's files below a folder; gives its URI."""
        paths = [path for path in local.rglob("*") if path.is_file()]
        files = {path.relative_to(local).as_posix(): path.read_bytes() for path in paths}
        return self.put(folder, files)

    def read_all(self, folder: str) -> dict[str, bytes]:
        """Reads all blobs below a folder, by their names in it."""
        container = self.storage.get_container_client(CONTAINER)
        names = list(container.list_blob_names(name_starts_with=f"{folder}/"))
        return {
            name.removeprefix(f"{folder}/"): container.download_blob(name).readall()
            for name in names
        }

    def deploy(self, deployments: list[Mapping[str, object]]) -> None:
        """Creates the endpoint, and waits until its deployments can score.

        Raises:
            GaveUpError: It is refused, or a deployment cannot be made.
        """
        answer = self.ask("POST", "endpoints", {"name": ENDPOINT, "deployments": deployments})
        if answer.status_code not in (201, 202):
            raise GaveUpError(f"the endpoint was refused: {json.dumps(answer.json())}")
        deadline = time.monotonic() + 300
        while True:
            states = self.states(ENDPOINT)
            if set(states.values()) == {"Succeeded"}:
                return
            if "Failed" in states.values() or time.monotonic() > deadline:
                raise GaveUpError(f"the deployments cannot score: {states}")
            time.sleep(0.5)

    def states(self, endpoint: str) -> dict[str, str]:
        """Gives the provisioning state of each deployment of an endpoint."""
        shown = self.ask("GET", f"endpoints/{endpoint}/deployments").json()["value"]
        return {item["name"]: item["provisioning_state"] for item in shown}
