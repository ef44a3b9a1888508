"""Builds one environment with uv: an interpreter, the packages, and a look whether it works.

What goes wrong is either the user's to cure (`BuildError`, with a reason that names the package),
or nobody's and worth another try (`IndexUnreachableError`).
"""

import os
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

from scoring.environments.build_variables import (
    build_variables,
    index_options,
    moved_home,
    uv_program,
)
from scoring.environments.interpreters import Python
from scoring.process.processes import start
from scoring.process.spec import ScorerLimits
from scoring.process.variables import TOKEN
from scoring.sandbox.confinement import Confinement, Program, prepare
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


@dataclass(frozen=True)
class BuildFolder:
    """Folder in which an environment is built.

    Attributes:
        path: An empty folder for it and for what is needed on the way.
        confinement: What keeps the build from other folders; None where nothing does.
        cache: Where uv keeps packages of builds that nothing confines, unless the machine's
            settings say otherwise; on the disk of `path`, so that files become hard links. A
            confined build has one of its own, for others are not to use what it puts there.
    """

    path: Path
    confinement: Confinement | None
    cache: Path

    @property
    def work(self) -> Path:
        """Folder that the build may change."""
        return self.path / "work"

    @property
    def lines(self) -> Path:
        """Folder that the build may only read."""
        return self.path / "lines"

    def variables(self, host: Mapping[str, str]) -> dict[str, str]:
        """Returns all environment variables of the build."""
        variables = {"UV_CACHE_DIR": str(self.cache), **build_variables(host)}
        return variables if self.confinement is None else moved_home(variables, self.work)

    def program(
        self, command: Sequence[str], variables: Mapping[str, str], limits: ScorerLimits
    ) -> Program:
        """Returns a step of the build."""
        confinement = self.confinement and replace(
            self.confinement, own=(self.work,), read=(self.lines, Path(uv_program()).parent)
        )
        return Program(command, variables, self.work, confinement, limits=asdict(limits))


class Build:
    """One build.

    Args:
        requirements: What to build of.
        python: The interpreter to build for.
        folder: Where it is built.
        limits: What the kernel lets each step have.
        timeout: For all of it.
        log: Gets each line that is printed.
    """

    def __init__(
        self,
        requirements: Requirements,
        python: Python,
        folder: BuildFolder,
        limits: ScorerLimits,
        timeout: timedelta,
        log: Log,
    ) -> None:
        self._requirements = requirements
        self._python = python
        self._folder = folder
        self._limits = limits
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout.total_seconds()
        self._log = log
        self._options = index_options(os.environ)
        self._variables = folder.variables(os.environ)
        folder.work.mkdir()
        folder.lines.mkdir()

    def run(self) -> Path:
        """Builds it, and returns the folder of the environment.

        Raises:
            BuildError: It cannot be built.
            IndexUnreachableError: It may be built later.
        """
        environment = self._folder.work / "environment"
        # All before anything of a package runs, which could put a link in the way later.
        self._write("requirements.txt", self._requirements.packages)
        self._write("constraints.txt", self._requirements.constraints)
        self._write("options.txt", self._requirements.options)
        for line in (*self._requirements.packages, *self._requirements.constraints):
            self._log(f"requires {redacted(line)}")
        make_venv(self._python, environment, self._run)
        self._install(environment)
        if self._requirements.is_mlflow:
            self._add_helpers(environment)
        self._check(environment)
        if environment.is_symlink() or not environment.is_dir():
            raise BuildError("a package has taken away the folder of the environment")
        return environment

    def _install(self, environment: Path) -> None:
        command = self._uv_install(environment)
        command += ["-r", str(self._folder.lines / "requirements.txt")]
        if self._requirements.constraints:
            command += ["-c", str(self._folder.lines / "constraints.txt")]
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
        options = str(self._folder.lines / "options.txt")
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

    def _write(self, name: str, lines: Sequence[str]) -> None:
        (self._folder.lines / name).write_text("".join(f"{line}\n" for line in lines), "utf-8")

    def _run(self, command: Sequence[str]) -> tuple[int, str]:
        program = self._folder.program(command, self._variables, self._limits)
        ended, printed = run_logged(program, self._deadline - time.monotonic(), self._log)
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


def run_logged(program: Program, seconds: float, log: Log) -> tuple[int, str]:
    """Runs a program, killed with all it started when its time is up or it has ended.

    Returns:
        The exit code, and the end of what it printed.
    """
    token = uuid.uuid4().hex
    marked = replace(program, variables={**program.variables, TOKEN: token})
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8", errors="replace") as output:
        try:
            launch = prepare(marked, kept=[TOKEN])
            process = start(launch, folder=program.folder, output=writing, inherited=[])
        finally:
            os.close(writing)
        timer = threading.Timer(max(0, seconds), process.kill, [token])
        timer.start()
        printed: list[str] = []
        try:
            for line in output:
                text = redacted(line.rstrip())[:_MAX_LINE]
                log(text)
                printed = [*printed[-400:], text]
            ended = process.wait()
        finally:
            timer.cancel()
            timer.join()
            process.kill(token)
    return ended, "\n".join(printed)


def redacted(text: str) -> str:
    """A text without the user names and passwords that URLs in it have."""
    return _SECRET.sub(r"\1***@", text)


def _reason(printed: str) -> str:
    """Returns the error of uv on one line; of a long one its beginning and its end."""
    lines = printed.splitlines()
    starts = [index for index, line in enumerate(lines) if _ERROR.match(line)]
    told = " ".join(lines[starts[0] if starts else -5 :])
    told = re.sub(r"\s*cause:\s+", ": ", _ERROR.sub("", told))
    told = re.sub(r"[\u00d7\u2500-\u257f\u25b6\s]+", " ", told).strip()
    return told if len(told) <= _MAX_REASON else f"{told[:400]} ... {told[400 - _MAX_REASON :]}"
