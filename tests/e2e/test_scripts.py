"""The scripts work from any folder, twice, and several at the same time."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from devhost.stack.processes import start_time
from tests.e2e.model import REPOSITORY
from tests.e2e.service import PROGRAM


def run(
    command: Sequence[str | Path], folder: Path, **settings: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **settings}
    environment.pop("BATCHPOINT_URL", None)
    return subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_script_runs_from_any_folder_beside_another_copy(tmp_path: Path) -> None:
    command = [REPOSITORY / "scripts" / "test", "--version"]

    with ThreadPoolExecutor(2) as pool:
        copies = [pool.submit(run, command, tmp_path) for _ in range(2)]

    for copy in copies:
        assert copy.result().returncode == 0, copy.result().stderr
        assert "pytest" in copy.result().stdout


def test_stacks_start_side_by_side_and_the_command_line_finds_the_newest(tmp_path: Path) -> None:
    emulator = (REPOSITORY / "node_modules" / "azurite").is_dir()
    if not (shutil.which("node") and emulator) and "CI" not in os.environ:
        pytest.skip("Node.js and Azurite are not installed")
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    folders = [tmp_path / "first", tmp_path / "second"]

    def stack(command: str, folder: Path) -> str:
        words = [sys.executable, "-m", "devhost.stack", command]
        words += ["--name", folder.name, "--state-dir", folder]
        done = run(words, REPOSITORY, **state)
        return done.stdout + done.stderr

    def all_stacks(command: str) -> list[str]:
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(stack, [command] * 2, folders))

    try:
        assert all("Ready at" in said for said in all_stacks("up"))
        assert all("already running" in said for said in all_stacks("up"))
        listed = run([PROGRAM, "endpoint", "list"], tmp_path, **state)
        assert (listed.returncode, json.loads(listed.stdout)) == (0, []), listed.stderr
        running = [
            json.loads((folder / folder.name / "stack.json").read_text()) for folder in folders
        ]
        assert len({one["url"] for one in running}) == 2
    finally:
        stopped = all_stacks("down")
    assert all("Stopped." in said for said in stopped)
    processes = [process for one in running for process in one["processes"].values()]
    assert all(start_time(process["pid"]) is None for process in processes)
