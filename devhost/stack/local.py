"""The Functions host as a process, and the whole stack as a context manager."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from devhost.stack.azurite import REPOSITORY, Azurite
from devhost.stack.processes import (
    StackError,
    free_port,
    http_status,
    spawn,
    stop_child,
    wait_for_start,
)

START_SECONDS = 90.0


class FunctionsHost:
    """A host that serves the app of a folder: Core Tools' or the embedded one."""

    def __init__(
        self, root: Path, log: Path, *, kind: str = "devhost", health: str = "/api/health"
    ) -> None:
        """`kind` is `func` or `devhost`; `health` is the path that answers 200 once it serves."""
        self._root = root
        self._health = health
        self.kind = kind
        self.log = log
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, port: int, settings: Mapping[str, str], *, detach: bool = False) -> None:
        """Starts the host and waits until the app answers.

        Raises:
            StackError: It ended, or did not answer in time.
        """
        self.launch(port, settings, detach=detach)
        self.wait()

    def launch(self, port: int, settings: Mapping[str, str], *, detach: bool = False) -> None:
        """Starts the host and does not wait for it."""
        self.url = f"http://127.0.0.1:{port}"
        command = _COMMANDS[self.kind](self._root, port)
        cwd = self._root if self.kind == "func" else REPOSITORY
        # The environment wins over the settings file, as it does with Core Tools.
        environment = {**app_settings(self._root), **os.environ, **settings}
        self.process = spawn(command, self.log, cwd, environment, detach=detach)

    def wait(self) -> None:
        """Waits until the app answers in a launched host.

        Raises:
            StackError: It does not; it is stopped then.
        """
        if self.process is None:
            raise StackError("The host was not launched")
        url = self.url + self._health
        try:
            wait_for_start(self.process, self.log, lambda: http_status(url) == 200, START_SECONDS)
        except StackError:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops the host as a deployment or a laptop's owner would."""
        if self.process is not None:
            stop_child(self.process)
            self.process = None

    def kill(self) -> None:
        """Ends the host as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class LocalStack:
    """Storage and host with all their files in one folder; they end with this process.

    `url` is the host's, and stays the same when it is restarted; `connection_string` is that of the
    storage.
    """

    def __init__(
        self,
        root: Path,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        health: str = "/api/health",
        kind: str = "devhost",
    ) -> None:
        """Serves the app in `root`; `settings` are app settings on top of its settings file."""
        self._settings = dict(settings or {})
        self._port = free_port()
        self.azurite = Azurite(data_dir / "azurite", log=data_dir / "logs" / "azurite.log")
        self.host = FunctionsHost(root, data_dir / "logs" / "host.log", kind=kind, health=health)
        self.connection_string = self.azurite.connection_string
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Starts both and waits until the app answers.

        Raises:
            StackError: One of them does not start.
        """
        try:
            start_together(self.azurite, self.host, self._port, self._settings)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stops both."""
        self.host.stop()
        self.azurite.stop()

    def kill_host(self) -> None:
        """Ends the host as a crash would; the storage goes on."""
        self.host.kill()

    def restart_host(self) -> None:
        """Starts the host again, on the same port and storage.

        Raises:
            StackError: It does not start.
        """
        self.host.stop()
        storage = {"AzureWebJobsStorage": self.connection_string}
        self.host.start(self._port, {**self._settings, **storage})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def start_together(
    azurite: Azurite,
    host: FunctionsHost,
    port: int,
    settings: Mapping[str, str],
    *,
    detach: bool = False,
) -> None:
    """Starts storage and host, and waits until both answer.

    The embedded host loads the app while the storage starts; Core Tools want the storage first.

    Raises:
        StackError: One of them does not start.
    """
    azurite.launch()
    if host.kind == "func":
        azurite.wait()
    storage = {"AzureWebJobsStorage": azurite.connection_string}
    host.launch(port, {**settings, **storage}, detach=detach)
    azurite.wait()
    host.wait()


def choose_host(wanted: str = "auto") -> tuple[str, str]:
    """Chooses the host and says why: Core Tools where they are installed."""
    if wanted != "auto":
        return wanted, "as asked"
    if shutil.which("func") is not None:
        return "func", "Azure Functions Core Tools are installed"
    return "devhost", "Azure Functions Core Tools (func) are not on PATH"


def app_settings(root: Path) -> dict[str, str]:
    """Reads the app's settings: local.settings.json, or else the sample beside it."""
    for name in ("local.settings.json", "local.settings.sample.json"):
        path = root / name
        if path.is_file():
            values = json.loads(path.read_text("utf-8")).get("Values", {})
            return {key: str(value) for key, value in values.items()}
    return {}


def _devhost_command(root: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "devhost", "--app", str(root), "--port", str(port)]


def _func_command(root: Path, port: int) -> list[str]:
    del root
    return ["func", "start", "--port", str(port)]


_COMMANDS = {"devhost": _devhost_command, "func": _func_command}
