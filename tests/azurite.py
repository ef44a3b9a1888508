"""Starts the storage emulator for tests, on ports of its own, with nothing left behind."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ACCOUNT = "devstoreaccount1"
# The emulator's documented key, public by design:
# https://learn.microsoft.com/azure/storage/common/storage-connect-azurite
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_SCRIPT = (
    Path(__file__).resolve().parents[1] / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
)
_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (\S+)")
_START_SECONDS = 30


@dataclass(frozen=True)
class Azurite:
    """A running emulator; the endpoints end in the account's name."""

    blob_url: str
    queue_url: str
    table_url: str

    @property
    def connection_string(self) -> str:
        """What `AzureWebJobsStorage` would hold."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};"
            f"BlobEndpoint={self.blob_url};QueueEndpoint={self.queue_url};"
            f"TableEndpoint={self.table_url};"
        )


def missing_reason() -> str | None:
    """Says why the emulator cannot run here, None if it can."""
    if shutil.which("node") is None:
        return "Node.js is missing: Azurite cannot run"
    if not _SCRIPT.exists():
        return "Azurite is missing: run `npm ci`"
    return None


@contextlib.contextmanager
def running_azurite() -> Iterator[Azurite]:
    """Runs an emulator that keeps everything in memory, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="azurite-") as folder:
        output = Path(folder) / "output.txt"
        with output.open("wb") as sink:
            process = subprocess.Popen(
                _command(), cwd=folder, stdout=sink, stderr=subprocess.STDOUT, env=_environment()
            )
        try:
            yield _await_ports(process, output)
        finally:
            _end(process)


def _command() -> list[str]:
    ports = [option for kind in ("blob", "queue", "table") for option in (f"--{kind}Port", "0")]
    flags = ["--inMemoryPersistence", "--skipApiVersionCheck", "--silent", "--disableTelemetry"]
    return ["node", str(_SCRIPT), *ports, *flags]


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def _await_ports(process: subprocess.Popen[bytes], output: Path) -> Azurite:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        urls = dict(_LISTENING.findall(output.read_text()))
        if len(urls) == 3:
            return Azurite(*(f"{urls[kind]}/{ACCOUNT}" for kind in ("Blob", "Queue", "Table")))
        time.sleep(0.05)
    raise RuntimeError(f"Azurite did not start: {output.read_text()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
