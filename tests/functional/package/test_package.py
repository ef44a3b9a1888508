"""The deployment package has what the app needs and no more, and the app starts from it alone."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scoring.environments import build_variables
from tests.functional.package.core_tools import ROOT, files, is_deployed, make_package
from tests.unit.infra.bicep import app_settings, sizes

PACKAGES = {"activities", "api", "events", "orchestrators", "scoring", "shared"}
FILES = {"constraints.txt", "function_app.py", "host.json", "requirements.txt", "LICENSE"}
# Prints the functions that a package has, where their code comes from, and what `health` answers.
START = """
import json, sys, time
begun = time.process_time()
import function_app
took = time.process_time() - begun
import azure.functions as func
functions = {item.get_function_name(): item for item in function_app.app.get_functions()}
request = func.HttpRequest(method="GET", url="https://app/api/health", body=b"")
health = functions["health"].get_user_function()(request)
own = {name.split(".")[0] for name in sys.modules} & set(sys.argv[1].split(","))
places = sorted({str(sys.modules[name].__path__[0]) for name in own})
print(json.dumps({
    "functions": sorted(functions), "places": places, "took": took,
    "status": health.status_code, "health": json.loads(health.get_body()),
}))
"""
JUNK = [
    ".venv/bin/python",
    ".local/stack.json",
    ".local/scratch/models/a.py",
    ".git/config",
    ".azure/env/.env",
    "node_modules/azurite/index.js",
    "local.settings.json",
    "shared/__pycache__/settings.cpython-312.pyc",
    "__pycache__/function_app.cpython-312.pyc",
    ".pytest_cache/README.md",
    ".ruff_cache/a",
    ".coverage",
    "batchpoint.egg-info/PKG-INFO",
]


def test_the_package_has_what_the_app_needs_and_no_more() -> None:
    deployed = files()
    folders = {path.split("/")[0] for path in deployed if "/" in path}
    assert folders == PACKAGES
    assert {path for path in deployed if "/" not in path} == FILES
    assert "api/studio_files/index.html" in deployed
    assert "shared/documents/schemas/batch-endpoint.json" in deployed


@pytest.mark.parametrize("path", JUNK)
def test_what_work_leaves_behind_is_not_deployed(path: str) -> None:
    assert not is_deployed(path)


def test_what_a_local_build_adds_is_deployed() -> None:
    assert is_deployed(".python_packages/lib/site-packages/uv/__init__.py")


def test_a_container_has_the_same() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = {name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    assert copied == PACKAGES | FILES - {"LICENSE"}
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {line[1:] for line in kept if line.startswith("!")} == copied


def test_a_remote_build_installs_what_is_pinned() -> None:
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text("utf-8").splitlines()


def start(folder: Path, settings: dict[str, str]) -> dict[str, Any]:
    # As the host has it: the package's folder, and what is installed; nothing of this clone.
    ended = subprocess.run(
        [sys.executable, "-c", START, ",".join(PACKAGES)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    package = folder / "app.zip"
    make_package(package, files())
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder / "wwwroot")
    return folder / "wwwroot"


@pytest.mark.parametrize("size", sorted(sizes()))
def test_the_app_starts_from_its_package_with_the_settings_of_infra(
    unpacked: Path, tmp_path: Path, size: str
) -> None:
    azure = {"WEBSITE_SITE_NAME": "func-abc", "WEBSITE_INSTANCE_ID": "one"}
    scratch = {"BATCHPOINT_SCRATCH_FOLDER": str(tmp_path / "scratch")}
    started = start(unpacked, app_settings(size) | azure | scratch)
    assert started["places"] == sorted(str(unpacked / name) for name in PACKAGES)
    assert started["status"] == 200
    assert started["health"]["status"] == "ok"
    assert {"score_job", "score_mini_batch", "inbox_event"} <= set(started["functions"])


def test_the_app_is_imported_in_two_seconds(unpacked: Path, tmp_path: Path) -> None:
    scratch = {"BATCHPOINT_SCRATCH_FOLDER": str(tmp_path / "scratch")}
    settings = app_settings("small") | scratch
    # Of the processor's time, which other processes do not lengthen; the first run compiles.
    assert min(start(unpacked, settings)["took"] for _ in range(3)) < 2


def test_a_program_that_lost_its_executable_bit_is_run_from_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\necho uv here\n")
    program.chmod(0o666)
    monkeypatch.setattr(build_variables, "find_uv_bin", lambda: str(program))
    monkeypatch.setenv("BATCHPOINT_SCRATCH_FOLDER", str(tmp_path / "scratch"))
    found = build_variables.uv_program()
    assert Path(found).is_relative_to(tmp_path / "scratch")
    assert subprocess.run([found], capture_output=True, text=True, check=True).stdout == "uv here\n"
    assert build_variables.uv_program() == found
    program.chmod(0o755)
    assert build_variables.uv_program() == str(program)
