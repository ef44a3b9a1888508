"""The Functions host as a process, and the whole stack as a context manager."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from devhost import PORT_TAKEN
from devhost.stack.azurite import REPOSITORY, Azurite
from devhost.stack.processes import (
    StackError,
    free_port,
    http_status,
    kill_group,
    spawn,
    stop_child,
    wait_for_start,
)
from devhost.stack.signin import IssuerProcess, SignIn
from devhost.stack.state import Registration, write_registration

START_SECONDS = 90.0
PORT_ATTEMPTS = 3


class FunctionsHost:
    """A host that serves the app of a folder: Core Tools' or the embedded one."""

    def __init__(
        self,
        root: Path,
        log: Path,
        *,
        kind: str = "devhost",
        health: str = "/api/health",
        workers: int | None = None,
    ) -> None:
        """Serves the app in `root`.

        Args:
            root: The app's folder.
            log: The file that gets all that the host prints.
            kind: `func` or `devhost`.
            health: The path that answers 200 once the app serves.
            workers: The number of the app's processes; None leaves it to the environment.
        """
        self._root = root
        self._health = health
        self._workers = workers
        self.kind = kind
        self.log = log
        self.port = 0
        self._settings: dict[str, str] = {}
        self._detach = False
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the host answers, once it was waited for."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, port: int, settings: Mapping[str, str], *, detach: bool = False) -> None:
        """Starts the host and waits until the app answers.

        Raises:
            StackError: It ended, or did not answer in time.
        """
        self.launch(port, settings, detach=detach)
        self.wait()

    def launch(self, port: int, settings: Mapping[str, str], *, detach: bool = False) -> None:
        """Starts the host and does not wait for it."""
        self.port = port
        self._settings = dict(settings)
        self._detach = detach
        self._ready_file.unlink(missing_ok=True)
        cwd = self._root if self.kind == "func" else REPOSITORY
        # The environment wins over the settings file, as it does with Core Tools.
        environment = {**app_settings(self._root), **os.environ, **settings}
        if self._workers is not None:
            environment["FUNCTIONS_WORKER_PROCESS_COUNT"] = str(self._workers)
        if self.kind == "func":
            environment |= _core_tools_environment(environment)
        self.process = spawn(self._command(), self.log, cwd, environment, detach=detach)

    def wait(self) -> None:
        """Waits until the app answers in a launched host, on another port where its own was taken.

        Raises:
            StackError: It does not; it is stopped then.
        """
        for attempts_left in reversed(range(PORT_ATTEMPTS)):
            try:
                self._wait_once()
            except StackError:
                taken = self.process is not None and self.process.poll() == PORT_TAKEN
                self.stop()
                if not (taken and attempts_left):
                    raise
                self.launch(free_port(), self._settings, detach=self._detach)
            else:
                break

    def _wait_once(self) -> None:
        if self.process is None:
            raise StackError("The host was not launched")
        wait_for_start(self.process, self.log, self._answers, START_SECONDS)

    def _answers(self) -> bool:
        # Whoever took the port first answers there as well.
        is_ours = self.kind == "func" or self._ready_file.is_file()
        return is_ours and http_status(self.url + self._health) == 200

    @property
    def _ready_file(self) -> Path:
        return self.log.with_suffix(".ready")

    def _command(self) -> list[str]:
        if self.kind == "func":
            return ["func", "start", "--port", str(self.port)]
        app = ["--app", str(self._root), "--port", str(self.port)]
        return [sys.executable, "-m", "devhost", *app, "--ready-file", str(self._ready_file)]

    def stop(self) -> None:
        """Stops the host as a deployment or a laptop's owner would."""
        if self.process is not None:
            stop_child(self.process)
            self._end_children(self.process)
            self.process = None

    def kill(self) -> None:
        """Ends the host as a crash would."""
        if self.process is not None:
            self.process.kill()
            self._end_children(self.process)
            self.process.wait()
            self.process = None

    def _end_children(self, process: "subprocess.Popen[bytes]") -> None:
        # The embedded host's children end with it. Those of Core Tools go on.
        if self.kind == "func":
            kill_group(process.pid)


class LocalStack:
    """Storage, issuer and host with all their files in one folder; they end with this process.

    `url` stays the same when the host is restarted; `connection_string` is that of the storage.

    Attributes:
        app_storage: The connection string that the app gets: the storage's own, unless somebody
            sets another before the start, to stand between the two.
    """

    def __init__(
        self,
        root: Path,
        data_dir: Path,
        *,
        settings: Mapping[str, str] | None = None,
        health: str = "/api/health",
        kind: str = "devhost",
        workers: int | None = None,
    ) -> None:
        """Serves an app.

        Args:
            root: The app's folder.
            data_dir: The folder for all files of the stack.
            settings: App settings on top of the app's settings file.
            health: The path that answers 200 once the app serves.
            kind: The host, `devhost` or `func`.
            workers: The number of the app's processes; None leaves it to the environment.
        """
        self._settings = dict(settings or {})
        self.azurite = Azurite(data_dir / "azurite", log=data_dir / "logs" / "azurite.log")
        self.issuer = IssuerProcess(data_dir / "logs" / "issuer.log")
        self._root = root
        self._state_home = data_dir / "state"
        log = data_dir / "logs" / "host.log"
        self.host = FunctionsHost(root, log, kind=kind, health=health, workers=workers)
        self.connection_string = self.azurite.connection_string
        self.app_storage = self.connection_string

    @property
    def url(self) -> str:
        """Where the host answers."""
        return self.host.url

    @property
    def sign_in(self) -> SignIn:
        """The way to get tokens for the app."""
        return self.issuer.sign_in

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which the command line finds this stack, and how to sign in to it."""
        return {"BATCHPOINT_URL": self.url, "XDG_STATE_HOME": str(self._state_home)}

    def start(self) -> Self:
        """Starts all and waits until the app answers.

        Raises:
            StackError: One of them does not start.
        """
        try:
            settings = {**self._settings, "AzureWebJobsStorage": self.app_storage}
            start_together(self.azurite, self.issuer, self.host, free_port(), settings)
            self._register()
        except BaseException:
            self.stop()
            raise
        return self

    def _register(self) -> None:
        if self.host.process is None:
            raise StackError("The host was not launched")
        registration = Registration(
            self.url, self.host.process.pid, str(self._root), self.issuer.sign_in
        )
        write_registration(self._state_home / "batchpoint" / "stacks" / "stack.json", registration)

    def stop(self) -> None:
        """Stops all."""
        self.host.stop()
        self.issuer.stop()
        self.azurite.stop()

    def kill_host(self) -> None:
        """Ends the host as a crash would; the storage goes on."""
        self.host.kill()

    def kill_azurite(self) -> None:
        """Ends the storage as a crash would; the host goes on."""
        self.azurite.kill()

    def restart_azurite(self) -> None:
        """Starts the storage again, on the same ports and data.

        Raises:
            StackError: It does not start.
        """
        self.azurite.stop()
        self.azurite.start()

    def restart_host(self) -> None:
        """Starts the host again, on the same port and storage.

        Raises:
            StackError: It does not start.
        """
        self.host.stop()
        storage = {"AzureWebJobsStorage": self.app_storage}
        self.host.start(self.host.port, {**self._settings, **self.issuer.settings, **storage})
        self._register()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def start_together(
    azurite: Azurite,
    issuer: IssuerProcess,
    host: FunctionsHost,
    port: int,
    settings: Mapping[str, str],
    *,
    detach: bool = False,
) -> None:
    """Starts storage, issuer and host, and waits until all answer.

    The embedded host loads the app while the storage starts; Core Tools want the storage first.
    Settings may give the app another way to the storage than the direct one.

    Raises:
        StackError: One of them does not start.
    """
    azurite.launch()
    issuer.launch()
    if host.kind == "func":
        azurite.wait()
    storage = {"AzureWebJobsStorage": azurite.connection_string}
    host.launch(port, {**issuer.settings, **storage, **settings}, detach=detach)
    azurite.wait()
    issuer.wait()
    azurite.allow_browsers()
    host.wait()


def choose_host(wanted: str = "auto") -> tuple[str, str]:
    """Chooses the host and says why: the embedded one, unless Core Tools are asked for.

    Raises:
        StackError: Core Tools are not installed.
    """
    if wanted == "auto":
        return "devhost", "--host func takes Azure Functions Core Tools"
    if wanted == "func" and shutil.which("func") is None:
        raise StackError("Azure Functions Core Tools (func) are not on PATH")
    return wanted, "as asked"


def app_settings(root: Path) -> dict[str, str]:
    """Reads the app's settings: local.settings.json, or else the sample beside it."""
    for name in ("local.settings.json", "local.settings.sample.json"):
        path = root / name
        if path.is_file():
            values = json.loads(path.read_text("utf-8")).get("Values", {})
            return {key: str(value) for key, value in values.items()}
    return {}


def _core_tools_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Gives the variables with which Core Tools run the app in this Python's own environment."""
    # They take the first python3 on PATH, and start anew when a *.py below the app changes.
    programs = Path(sys.executable).parent
    return {
        "PATH": f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(programs.parent),
        "AzureFunctionsJobHost__fileWatchingEnabled": "false",
    }
