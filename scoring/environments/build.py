"""Builds one environment with uv: an interpreter, the packages, and a look whether it works.

What goes wrong is either the user's to cure (`BuildError`, with a reason that names the package),
or nobody's and worth another try (`IndexUnreachableError`).
"""

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from scoring.environments.build_variables import build_variables, index_options, uv_program
from scoring.environments.interpreters import Python
from shared.environments.requirements import Requirements, names
from shared.errors import BatchpointError

Log = Callable[[str], None]
"""Takes one line of a build's log."""

_MLFLOW_CHECK = "import mlflow.pyfunc, numpy, pandas"
_SCRIPT_CHECK = "import sys"
_UNREACHABLE = re.compile(
    r"error sending request|Request failed after|Could not connect|operation timed out|"
    r"dns error|Connection (?:refused|reset)|server error \(5\d\d"
)
_UNKNOWN = re.compile(r"Because (\S+) was not found in the (?:package registry|provided package)")
_SECRET = re.compile(r"(://)[^/\s@]+@")
_ERROR = re.compile(r"\s*(?:error:|\u00d7)\s*")
_MAX_REASON = 1000
_MAX_LINE = 4000


class BuildError(BatchpointError):
    """The environment cannot be built; the message says why."""

    code = "EnvironmentBuildFailed"


class IndexUnreachableError(BuildError):
    """The package index did not answer, after uv's own retries."""

    code = "PackageIndexUnreachable"


class Build:
    """One build.

    Args:
        requirements: What to build of.
        python: The interpreter to build for.
        folder: An empty folder for it and for what is needed on the way.
        cache: Where uv keeps packages unless the machine's settings say otherwise; on the disk of
            `folder`, so that files become hard links.
        timeout: For all of it.
        log: Gets each line that is printed.
    """

    def __init__(
        self,
        requirements: Requirements,
        python: Python,
        folder: Path,
        cache: Path,
        timeout: timedelta,
        log: Log,
    ) -> None:
        self._requirements = requirements
        self._python = python
        self._folder = folder
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout.total_seconds()
        self._log = log
        self._options = index_options(os.environ)
        self._variables = {"UV_CACHE_DIR": str(cache), **build_variables(os.environ)}

    def run(self) -> Path:
        """Builds it, and returns the folder of the environment.

        Raises:
            BuildError: It cannot be built.
            IndexUnreachableError: It may be built later.
        """
        environment = self._folder / "environment"
        for line in (*self._requirements.packages, *self._requirements.constraints):
            self._log(f"requires {redacted(line)}")
        make_venv(self._python, environment, self._run)
        self._install(environment)
        if self._requirements.is_mlflow:
            self._add_helpers(environment)
        self._check(environment)
        return environment

    def _install(self, environment: Path) -> None:
        command = self._uv_install(environment)
        command += ["-r", self._write("requirements.txt", self._requirements.packages)]
        if self._requirements.constraints:
            command += ["-c", self._write("constraints.txt", self._requirements.constraints)]
        ended, printed = self._run(command)
        if ended == 0:
            return
        reason = _reason(printed)
        if _UNREACHABLE.search(printed):
            raise IndexUnreachableError(f"the package index does not answer: {reason}")
        unknown = _UNKNOWN.search(printed)
        if unknown is not None and unknown[1].lower() in self._requirements.conda:
            raise BuildError(
                f"the conda package '{unknown[1]}' has no package of the same name on the package "
                "index (PyPI); leave it out, or list under pip: what it is needed for"
            )
        raise BuildError(f"the packages cannot be installed: {reason}")

    def _uv_install(self, environment: Path) -> list[str]:
        python = str(environment / "bin" / "python")
        return [uv_program(), "pip", "install", "--python", python, *self._options]

    def _add_helpers(self, environment: Path) -> None:
        """Adds what MLflow uses without requiring it, where there is a version that fits the rest.

        Old versions of MLflow import `pkg_resources`, and Parquet files are read by pyarrow.
        """
        folders = environment.glob("lib/python*/site-packages")
        numpy = [path.name for folder in folders for path in folder.glob("numpy-*.dist-info")]
        # pyarrow does not tell installers which numpy it needs; up to 19 it takes both.
        is_old = any(name.startswith(("numpy-0.", "numpy-1.")) for name in numpy)
        helpers = {
            "setuptools": "setuptools<81",
            "pyarrow": "pyarrow<20" if is_old else "pyarrow",
        }
        options = self._write("options.txt", self._requirements.options)
        for name in helpers.keys() - set(names(self._requirements.wanted)):
            command = [*self._uv_install(environment), helpers[name], "-r", options]
            ended, _ = self._run(command)
            if ended != 0:
                self._log(f"left out, as it does not fit the rest: {helpers[name]}")

    def _check(self, environment: Path) -> None:
        # It also compiles what each scorer imports, once for all.
        code = _MLFLOW_CHECK if self._requirements.is_mlflow else _SCRIPT_CHECK
        ended, printed = self._run([str(environment / "bin" / "python"), "-I", "-c", code])
        if ended != 0:
            last = printed.strip().splitlines()[-1:] or [f"exit code {ended}"]
            raise BuildError(f"the environment is built, but '{code}' fails in it: {last[0]}")

    def _write(self, name: str, lines: Sequence[str]) -> str:
        path = self._folder / name
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return str(path)

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        ended, printed = run_logged(
            command, self._variables, self._folder, self._deadline - time.monotonic(), self._log
        )
        if time.monotonic() >= self._deadline:
            limit = self._timeout.total_seconds()
            raise BuildError(f"the environment was not built within {limit:g} seconds")
        return ended, printed


def make_venv(
    python: Python,
    folder: Path,
    run: Callable[[Sequence[str]], tuple[int, str]],
) -> None:
    """Makes a virtual environment that works wherever its folder is moved.

    Raises:
        BuildError: The interpreter does not work.
    """
    command = [uv_program(), "venv", "--relocatable", "--no-project", "--python", str(python.path)]
    ended, printed = run([*command, str(folder)])
    if ended != 0:
        raise BuildError(f"no environment of {python.path} can be made: {_reason(printed)}")


def run_logged(
    command: Sequence[str], variables: dict[str, str], folder: Path, seconds: float, log: Log
) -> tuple[int, str]:
    """Runs a program, killed with all it started when its time is up.

    Returns:
        The exit code, and the end of what it printed.
    """
    process = subprocess.Popen(
        list(command),
        env=variables,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    timer = threading.Timer(max(0, seconds), _kill, [process])
    timer.start()
    printed: list[str] = []
    try:
        with process:
            for line in process.stdout or ():
                text = redacted(line.rstrip())[:_MAX_LINE]
                log(text)
                printed = [*printed[-400:], text]
    finally:
        timer.cancel()
        _kill(process)
    return process.returncode, "\n".join(printed)


def redacted(text: str) -> str:
    """A text without the user names and passwords that URLs in it have."""
    return _SECRET.sub(r"\1***@", text)


def _kill(process: subprocess.Popen[str]) -> None:
    # After its end its group may still have children that would hold the pipe open.
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)


def _reason(printed: str) -> str:
    """What uv says went wrong, on one line; of a long story its beginning and its end."""
    lines = printed.splitlines()
    starts = [index for index, line in enumerate(lines) if _ERROR.match(line)]
    told = " ".join(lines[starts[0] if starts else -5 :])
    told = re.sub(r"\s*cause:\s+", ": ", _ERROR.sub("", told))
    told = re.sub(r"[\u00d7\u2500-\u257f\u25b6\s]+", " ", told).strip()
    return told if len(told) <= _MAX_REASON else f"{told[:400]} ... {told[400 - _MAX_REASON :]}"
