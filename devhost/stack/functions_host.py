"""The Functions host as a process: Core Tools' or the embedded one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from devhost import PORT_TAKEN
from devhost.stack.azurite import REPOSITORY
from devhost.stack.limits import activity_limit
from devhost.stack.processes import (
    StackError,
    free_port,
    http_status,
    kill_group,
    spawn,
    stop_child,
    wait_for_start,
)

# Core Tools download the bundle of extensions, some 100 MB, the first time.
START_SECONDS = {"devhost": 90.0, "func": 600.0}
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
        """Address at which the host answers, once it was waited for."""
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
        environment |= activity_limit(environment)
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
            raise StackError("the host was not launched")
        wait_for_start(self.process, self.log, self._answers, START_SECONDS[self.kind])

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


def choose_host(wanted: str = "auto") -> tuple[str, str]:
    """Chooses the host and says why: the embedded one, unless Core Tools are asked for.

    Raises:
        StackError: Core Tools are not installed.
    """
    if wanted == "auto":
        return "devhost", "the host of this repository"
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
    # They take the first python3 on PATH, and start again when a *.py below the app changes.
    programs = Path(sys.executable).parent
    return {
        "PATH": f"{programs}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "VIRTUAL_ENV": str(programs.parent),
        "AzureFunctionsJobHost__fileWatchingEnabled": "false",
    }
