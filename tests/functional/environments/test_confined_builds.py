"""Programs that run during a build reach its own folder, and no others."""

import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from scoring.environments.build import BuildError
from scoring.environments.environments import Environments
from scoring.process.spec import ScorerLimits
from scoring.sandbox.landlock import LEAST_VERSION, landlock_version
from shared.environments.requirements import Requirements
from shared.storage.memory.blobs import MemoryBlobStore
from tests.waiting import is_running, wait_for

pytestmark = pytest.mark.skipif(
    landlock_version() < LEAST_VERSION, reason="this system has no Landlock, or not a new one"
)
BACKEND = """
import os, subprocess, sys, zipfile

def attempt(act):
    try:
        return repr(act())
    except OSError as error:
        return type(error).__name__

def build_wheel(folder, config_settings=None, metadata_directory=None):
    found = {}
    BODY
    name = "evil-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as archive:
        archive.writestr("evil.py", "FOUND = " + repr(found))
        info = "evil-1.0.dist-info/"
        about = "Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\n"
        archive.writestr(info + "METADATA", about)
        kind = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        archive.writestr(info + "WHEEL", kind)
        archive.writestr(info + "RECORD", "")
    return name
"""
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "evil"
version = "1.0"
"""


@pytest.fixture
def scratch() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="builds-", dir="/var/tmp"))
    for name in ("models/theirs", "environments/theirs", "packages"):
        (folder / name).mkdir(parents=True)
    (folder / "models/theirs/weights").write_text("their weights")
    yield folder
    shutil.rmtree(folder)


def make_source(folder: Path, body: str) -> None:
    """Makes a package that comes as source, and whose building runs some lines."""
    lines = "\n    ".join(body.strip().splitlines())
    files = {"pyproject.toml": PROJECT, "backend.py": BACKEND.replace("BODY", lines)}
    files["PKG-INFO"] = "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n"
    with tarfile.open(folder / "evil-1.0.tar.gz", "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"evil-1.0/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content.encode()))


def build(scratch: Path, **more: object) -> Path:
    here = Environments(MemoryBlobStore(), scratch, timedelta(minutes=2), **more)  # type: ignore[arg-type]
    return here.python(Requirements(packages=("evil",)))


def found_by(python: Path) -> dict[str, str]:
    (module,) = python.parent.parent.glob("lib/python*/site-packages/evil.py")
    found: dict[str, dict[str, str]] = {}
    exec(module.read_text(), found)
    return found["FOUND"]


def test_building_reaches_nothing_of_others(wheels, scratch, monkeypatch):
    monkeypatch.setenv("AzureWebJobsStorage", "canary")
    body = f"""
scratch = {str(scratch)!r}
theirs = scratch + "/models/theirs/weights"
found["read"] = attempt(lambda: open(theirs).read())
found["write"] = attempt(lambda: open(theirs, "w"))
found["list"] = attempt(lambda: os.listdir(scratch + "/models"))
found["packages"] = attempt(lambda: open(scratch + "/packages/x", "w"))
found["environments"] = attempt(lambda: open(scratch + "/environments/theirs/x", "w"))
found["lines"] = attempt(lambda: open(os.environ["HOME"] + "/../lines/options.txt", "w"))
found["host"] = attempt(lambda: open("/proc/{os.getpid()}/environ").read())
found["variables"] = str("canary" in repr(os.environ))
found["home"] = str(os.environ["HOME"].startswith(scratch))
"""
    make_source(wheels, body)
    found = found_by(build(scratch))
    assert (found.pop("variables"), found.pop("home")) == ("False", "True")
    assert len(found) == 7
    assert set(found.values()) <= {"PermissionError", "FileNotFoundError", "OSError"}, found
    assert (scratch / "models/theirs/weights").read_text() == "their weights"
    assert list((scratch / "packages").iterdir()) == []


def test_nothing_that_building_starts_outlives_it(wheels, scratch):
    body = """
pid = os.fork()
if not pid:
    os.setsid()
    if os.fork():
        os._exit(0)
    # Holding on to the builder's pipes would only keep it waiting.
    os.closerange(0, 256)
    os.execve("/bin/sleep", ["sleep", "600.0625"], {})
os.waitpid(pid, 0)
command = ["ps", "-o", "pid=,args=", "-u", str(os.getuid())]
listed = subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
found["pids"] = [line.split()[0] for line in listed if line.endswith("sleep 600.0625")]
"""
    make_source(wheels, body)
    pids = found_by(build(scratch))["pids"]
    assert pids
    wait_for(lambda: not any(is_running(int(pid)) for pid in pids))


def test_a_link_in_place_of_the_environment_is_not_published(wheels, scratch):
    body = """
import threading, time
work = os.environ["HOME"]
os.rename(work + "/environment", work + "/moved")
os.symlink("SCRATCH/models", work + "/environment")
"""
    make_source(wheels, body.replace("SCRATCH", str(scratch)))
    with pytest.raises(BuildError):
        build(scratch)
    assert not any(path.is_symlink() for path in (scratch / "environments").iterdir())
    assert (scratch / "models/theirs/weights").exists()


def test_a_build_has_the_limits_of_a_scorer(wheels, scratch):
    make_source(wheels, "open('big', 'wb').write(bytes(2**22))")
    with pytest.raises(BuildError, match="File too large"):
        build(scratch, limits=ScorerLimits(file_size=2**21))
