"""Starts the sample app in a host of its own process, and talks to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import wait_for

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLE_APP = Path(__file__).parent / "sample_app"
ENDED = {"Completed", "Failed", "Terminated"}
HAS_AZURITE = shutil.which("node") and (REPOSITORY / "node_modules" / "azurite").is_dir()
needs_azurite = pytest.mark.skipif(
    not HAS_AZURITE and "CI" not in os.environ, reason="Node.js and Azurite are not installed"
)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class RunningHost:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        url = path if path.startswith("http") else self.url + path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def start(self, orchestrator: str, instance_id: str, value: Any = None) -> str:
        answer = self.request("POST", f"/api/start/{orchestrator}/{instance_id}", value)
        assert answer.status == 202, answer
        return answer.json()["statusQueryGetUri"]

    def status(self, url: str) -> dict[str, Any]:
        return self.request("GET", url).json()

    def run(self, orchestrator: str, instance_id: str, value: Any = None) -> dict[str, Any]:
        url = self.start(orchestrator, instance_id, value)
        return self.wait_for_end(url)

    def wait_for_end(self, url: str) -> dict[str, Any]:
        return wait_for(lambda: (s := self.status(url))["runtimeStatus"] in ENDED and s)

    def client(self, operation: str, instance_id: str) -> str:
        answer = self.request("POST", f"/api/client/{operation}/{instance_id}")
        assert answer.status == 200, answer
        return answer.body.decode()


def start_host(
    folder: Path, app: Path = SAMPLE_APP, *, workers: int = 1, **settings: str
) -> RunningHost:
    ready, log = folder / "ready.json", folder / "host.log"
    command = [sys.executable, "-m", "devhost", "--app", str(app), "--port", "0"]
    command += ["--workers", str(workers)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--ready-file", str(ready)],
            cwd=REPOSITORY,
            env={**os.environ, "TICK_SCHEDULE": "0 0 0 1 1 *", **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    wait_for(lambda: ready.exists() or process.poll() is not None, 30)
    assert ready.exists(), log.read_text()
    return RunningHost(json.loads(ready.read_text())["url"], process, log)


def stop_host(host: RunningHost) -> int:
    host.process.send_signal(signal.SIGTERM)
    return host.process.wait(10)
