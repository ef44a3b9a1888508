"""A virtual environment for each supported Python, with what the app needs in Azure and no more."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("worker-requirements.txt")
VERSIONS = ("3.11", "3.12", "3.13")
_FILES = (REPOSITORY / "requirements.txt", REPOSITORY / "constraints.txt", WORKER)
_FOLDER = REPOSITORY / ".local" / "venvs"


@cache
def find_python(version: str) -> str | None:
    """Finds an interpreter of that version on this machine."""
    return next((path for path in _candidates(version) if _is_version(path, version)), None)


def environment(version: str) -> Path:
    """Makes the environment unless one of the same content is there; returns its Python.

    Several processes may call this at the same time.
    """
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = _FOLDER / f"{version}-{_key(version)}"
        python, ready = folder / "bin" / "python", folder / ".ready"
        if not ready.exists():
            for old in _FOLDER.glob(f"{version}-*"):
                shutil.rmtree(old)
            _build(version, folder, python)
            ready.touch()
    return python


def _build(version: str, folder: Path, python: Path) -> None:
    requirements, constraints, worker = map(str, _FILES)
    _uv("venv", "--python", str(find_python(version)), str(folder))
    install = ("pip", "install", "--python", str(python))
    _uv(*install, "-r", requirements, "-c", constraints)
    _uv("pip", "check", "--python", str(python))
    _uv(*install, "--python-version", VERSIONS[-1], "--no-deps", "-r", worker)


def _uv(*arguments: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    done = subprocess.run(
        [str(uv), *arguments, "--quiet"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"uv {' '.join(arguments)}: {done.stdout}{done.stderr}"


def _candidates(version: str) -> Iterator[str]:
    yield sys.executable
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield on_path
    # pyenv's commands on the PATH run only the versions that are switched on.
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from (str(path) for path in pyenv.glob(f"versions/{version}.*/bin/python"))


def _is_version(python: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == version


def _key(version: str) -> str:
    digest = hashlib.sha256(str(find_python(version)).encode())
    for file in _FILES:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
