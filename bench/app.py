"""The app as a contender: its host on a running storage emulator, driven over HTTP."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
from azure.data.tables import TableServiceClient

from bench.processes import Usage, descendants, usable_cores, usage
from bench.storage import CONTAINER, Account, exists
from bench.workloads import Workload
from devhost.stack import Azurite, StackError
from devhost.stack.functions_host import FunctionsHost
from devhost.stack.processes import free_port
from devhost.stack.signin import Bearer, IssuerProcess
from devhost.stack.state import Registration, write_registration

REPOSITORY = Path(__file__).resolve().parents[1]
_PROGRAM = Path(sys.executable).with_name("batchpoint")
_DATASTORE = f"azureml://datastores/{CONTAINER}/paths"
# Seldom, as each look keeps the emulator, which has one thread, from serving the app for some
# milliseconds. How long a job took is told by the app, whose clock is this machine's.
_LOOK_SECONDS = 0.25
_ENDED_BADLY = {"Failed", "Canceled"}
_ENDED = {"Completed", *_ENDED_BADLY}
_UNDER_WAY = ("NotStarted", "Queued", "Preparing", "Running", "Finalizing")
SETTINGS = {"BATCHPOINT_ALLOWED_HOSTS": "127.0.0.1"}
"""With which the app reads from this machine what a caller names: the stand-in for a container."""


class BenchError(Exception):
    """Something that is measured did not work; the message says what."""


@dataclass(frozen=True)
class Ran:
    """One job: wall time from the request to the finished output, and CPU time meanwhile."""

    job: str
    seconds: float
    cpu: Usage
    document: Mapping[str, Any]


class App:
    """A host, and the endpoints `table`, `digits` and `nothing` on it."""

    def __init__(
        self,
        azurite: Azurite,
        folder: Path,
        models: Path,
        *,
        kind: str = "devhost",
        scorers: int | None = None,
        storage: str | None = None,
    ) -> None:
        """Makes the app, and starts nothing.

        Args:
            azurite: The storage emulator, which runs.
            folder: Where logs and what is unpacked go.
            models: What endpoints are made of.
            kind: The host: `devhost`, or `func` for what is found on PATH under that name.
            scorers: How many scorers the host may have; None is the app's own default.
            storage: The connection string that the app gets; None is the emulator's own.
        """
        self._folder = folder
        self._models = models
        self.account = Account.of(azurite.connection_string)
        self._store = self.account.store()
        self._settings = {
            "AzureWebJobsStorage": storage or azurite.connection_string,
            "BATCHPOINT_SCRATCH_FOLDER": str(folder / "scratch"),
            **SETTINGS,
            **({} if scorers is None else {"BATCHPOINT_MAX_SCORERS": str(scorers)}),
        }
        self.tables = TableServiceClient.from_connection_string(azurite.connection_string)
        self._issuer = IssuerProcess(folder / "logs" / "issuer.log")
        self._bearer = Bearer(self._issuer.sign_in)
        self.host = FunctionsHost(REPOSITORY, folder / "logs" / "host.log", kind=kind)
        self._http = httpx.Client(timeout=60)

    @property
    def pid(self) -> int:
        """The host's process."""
        if self.host.process is None:
            raise BenchError("the host does not run")
        return self.host.process.pid

    @property
    def scorers(self) -> int:
        """Number of scorer processes."""
        return len(descendants(self.pid))

    def start(self) -> None:
        """Starts the host, and waits until it answers.

        Raises:
            BenchError: It does not.
        """
        try:
            # A new one has new keys, with which no earlier token fits.
            self._bearer = Bearer(self._issuer.sign_in)
            self._issuer.launch()
            self._issuer.wait()
            self.host.start(free_port(), {**self._settings, **self._issuer.settings})
        except StackError as error:
            raise BenchError(str(error)) from error

    def stop(self) -> None:
        """Ends the host; what it has stored stays."""
        self.host.stop()
        self._issuer.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def make_endpoints(self) -> None:
        """Makes the endpoints that are not there yet, with the command line.

        Raises:
            BenchError: One of them cannot be made.
        """
        for kind, deployment in _deployments(self._models).items():
            if self._ask("GET", f"endpoints/{kind}").status_code == 200:
                continue
            document = {"name": kind, "traffic": {"all": 100}, "deployments": [deployment]}
            file = self._folder / f"{kind}.json"
            file.write_text(json.dumps(document))
            command = [str(_PROGRAM), "endpoint", "create", "--file", str(file)]
            environment = {**os.environ, **self._registered()}
            made = subprocess.run(
                command, env=environment, capture_output=True, text=True, check=False
            )
            if made.returncode:
                raise BenchError(f"the endpoint {kind} was not made: {made.stderr}")

    def end_unfinished(self) -> None:
        """Cancels jobs of a benchmark that was broken off, which would go on beside this one."""
        for status in _UNDER_WAY:
            for job in self._ask("GET", f"jobs?status={status}").json()["value"]:
                self.end(job["name"])

    def run(self, workload: Workload, slots: int | None = None) -> Ran:
        """Scores a workload with a job, and waits for its end.

        Args:
            workload: What to score.
            slots: How many mini-batches run at once; None is the app's own default.

        Raises:
            BenchError: It did not complete, or not with the right number of rows.
        """
        before, started = usage(self.pid), datetime.now(UTC)
        job = self.invoke(workload.kind, self.uri(workload), workload.mini_batch_size, slots)
        self._wait(job)
        document = self.show(job, until_ended=True)
        cpu = usage(self.pid) - before
        seconds = (datetime.fromisoformat(document["timing"]["ended_at"]) - started).total_seconds()
        if document["counts"]["rows"] != workload.rows:
            raise BenchError(f"{workload.name}: {document['counts']}")
        return Ran(job, seconds, cpu, document)

    def uri(self, workload: Workload) -> str:
        """Returns the address of a workload's files."""
        return f"{_DATASTORE}/{workload.folder}"

    def warm_up(self, workload: Workload, most: int) -> None:
        """Runs a workload until each core has its scorer, or so many times."""
        for _ in range(most):
            if self.scorers >= usable_cores():
                return
            self.run(workload)

    def invoke(
        self, endpoint: str, uri: str, mini_batch_size: int, slots: int | None = None
    ) -> str:
        """Starts a job; answers its name."""
        properties: dict[str, Any] = {
            "dataset": {"dataInputType": "DataUrl", "path": uri},
            "miniBatchSize": mini_batch_size,
        }
        if slots is not None:
            properties["maxConcurrencyPerInstance"] = slots
        answer = self._ask("POST", f"endpoints/{endpoint}/jobs", {"properties": properties})
        if answer.status_code != 201:
            raise BenchError(f"{endpoint} was not invoked: {answer.text}")
        return str(answer.json()["name"])

    def show(self, job: str, *, until_ended: bool = False) -> dict[str, Any]:
        """Shows a job, if wanted once it has completed.

        Raises:
            BenchError: It ended badly.
        """
        while True:
            document: dict[str, Any] = self._ask("GET", f"jobs/{job}").json()
            if document["status"] in _ENDED_BADLY:
                raise BenchError(f"the job {job} ended badly: {document.get('error')}")
            if not until_ended or document["status"] == "Completed":
                return document
            time.sleep(_LOOK_SECONDS)

    def end(self, job: str) -> None:
        """Cancels a job unless it has ended, and waits until it has."""
        self._ask("POST", f"jobs/{job}/cancel")
        while self._ask("GET", f"jobs/{job}").json()["status"] not in _ENDED:
            time.sleep(0.05)

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        url = f"{self.host.url}/api/{path}"
        return self._http.request(method, url, json=body, headers=self._bearer.headers)

    def _registered(self) -> dict[str, str]:
        """Lets the command line sign in; gives the variables with which it does."""
        home = self._folder / "state"
        registration = Registration(self.host.url, self.pid, str(REPOSITORY), self._issuer.sign_in)
        write_registration(home / "batchpoint" / "stacks" / "bench.json", registration)
        return {"BATCHPOINT_URL": self.host.url, "XDG_STATE_HOME": str(home)}

    def _wait(self, job: str) -> None:
        """Waits for the last file that a job writes; looking for it costs the app nothing."""
        manifest = f"azureml/{job}/score/predictions.manifest.json"
        pause = 5.0
        ask_at = time.monotonic() + pause
        while not exists(self._store, manifest):
            if time.monotonic() >= ask_at:
                # Seldom: what the app spends on answering is counted, too.
                self.show(job)
                pause = min(2 * pause, 120)
                ask_at = time.monotonic() + pause
            time.sleep(_LOOK_SECONDS)


def _deployments(models: Path) -> dict[str, dict[str, Any]]:
    def scripted(script: str, model: str) -> dict[str, Any]:
        code = {"code": {"local_path": str(models / "code")}, "scoring_script": script}
        return {"model": _model(models / model), "code_configuration": code}

    different = {
        "table": {"model": _model(models / "table_model")},
        "digits": scripted("digits.py", "digits_model.joblib"),
        "nothing": scripted("nothing.py", "nothing.txt"),
        "sleep": scripted("sleep.py", "nothing.txt"),
    }
    common = {"name": "all", "error_threshold": 0, "retry_settings": {"timeout": 900}}
    return {kind: {**common, **deployment} for kind, deployment in different.items()}


def _model(path: Path) -> dict[str, Any]:
    return {"name": path.stem.replace("_", "-"), "version": 1, "local_path": str(path)}
