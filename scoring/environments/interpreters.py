"""Finds the Python interpreters of this machine; none is ever downloaded."""

import json
import logging
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from scoring.environments.build_variables import build_variables, uv_program
from shared.environments.conda import names_python
from shared.errors import BatchpointError

logger = logging.getLogger(__name__)
# The oldest that the driver runs under.
_OLDEST = Version("3.8")
_PATCH = re.compile(r"==(\d+\.\d+)\.\d+(\.\*)?")
_SECONDS = 60


class NoPythonError(BatchpointError):
    """No Python of this machine is as wanted."""

    code = "PythonNotFound"


@dataclass(frozen=True)
class Python:
    """An interpreter."""

    version: Version
    path: Path

    @property
    def minor(self) -> str:
        """Its version without the last number: what compiled packages are made for."""
        return f"{self.version.major}.{self.version.minor}"


def own_python() -> Python:
    """The app's own interpreter."""
    return Python(Version(platform.python_version()), Path(sys.executable))


def accepts(versions: str, version: Version) -> bool:
    """True if a Python is as wanted; the last number of a version may be another.

    Args:
        versions: Specifiers (PEP 440); empty for any.
        version: The Python's version.
    """
    return SpecifierSet(_PATCH.sub(r"==\1.*", versions)).contains(version, prereleases=True)


def choose(versions: str, found: Iterable[Python]) -> Python:
    """Picks a Python: the app's own if it will do, else the newest, one that fits exactly first.

    Args:
        versions: Specifiers (PEP 440); empty for any.
        found: What there is, the app's own first.

    Raises:
        NoPythonError: There is none.
    """
    usable = [python for python in found if python.version >= _OLDEST]
    fitting = [python for python in usable if accepts(versions, python.version)]
    if not fitting:
        known = dict.fromkeys(python.minor for python in sorted(usable, key=lambda p: p.version))
        raise NoPythonError(
            f"needs Python {names_python(versions)}; found {', '.join(known)}. Ask for one of "
            f"these, or install it where the app runs (scorers take {_OLDEST} and newer)"
        )
    exact = SpecifierSet(versions)
    own = fitting[0] if fitting[0].path == Path(sys.executable) else None
    return own or max(fitting, key=lambda p: (exact.contains(p.version), p.version))


@lru_cache(maxsize=1)
def installed_pythons() -> Sequence[Python]:
    """All interpreters that are found, the app's own first; looked for once."""
    command = [uv_program(), "python", "list", "--only-installed", "--output-format", "json"]
    variables = build_variables(os.environ)
    variables["PATH"] = os.pathsep.join([*_folders(os.environ), variables.get("PATH", os.defpath)])
    try:
        ended = subprocess.run(
            [*command, "--offline", "--no-config"],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
        listed = json.loads(ended.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        logger.exception("the Python interpreters of this machine could not be listed")
        listed = []
    found = [
        Python(Version(item["version"]), Path(item["path"]))
        for item in listed
        if item["implementation"] == "cpython"
        and item["variant"] == "default"
        and "/shims/" not in item["path"]
    ]
    return (own_python(), *found)


def _folders(environ: Mapping[str, str]) -> list[str]:
    """Returns the folder of pyenv's Pythons, whose shims run only those that are switched on."""
    root = Path(environ.get("PYENV_ROOT", "") or Path.home() / ".pyenv")
    return [str(folder) for folder in sorted(root.glob("versions/3.*/bin"))]
