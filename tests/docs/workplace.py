"""A folder that stands in for a clone in which somebody follows the docs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
HAS_AZURITE = shutil.which("node") and (REPOSITORY / "node_modules" / "azurite").is_dir()
needs_azurite = pytest.mark.skipif(
    not HAS_AZURITE and "CI" not in os.environ, reason="Node.js and Azurite are not installed"
)


class Workplace:
    """Has `scripts/up` and `scripts/down`, which run a stack of its own, and the real `.venv`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self._environment = {
            **os.environ,
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "XDG_STATE_HOME": str(folder / "home" / "state"),
        }
        for name in ("BATCHPOINT_URL", "BATCHPOINT_AUDIENCE"):
            self._environment.pop(name, None)
        for made in ("clone/scripts", "home", "tmp"):
            (folder / made).mkdir(parents=True)
        (self.folder / ".venv").symlink_to(sys.prefix)
        (self.folder / "demo").symlink_to(REPOSITORY / "demo")
        for command in ("up", "down"):
            script = self.folder / "scripts" / command
            script.write_text(
                f'#!/bin/sh\ncd "{REPOSITORY}"\nexec "{sys.executable}" -m devhost.stack {command} '
                f'--state-dir "{self.folder}/.local" --port 0 "$@"\n'
            )
            script.chmod(0o755)

    def bash(self, script: str) -> subprocess.CompletedProcess[str]:
        """Runs a script as a careful user would: the first command that fails ends it."""
        return subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{script}"],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def close(self) -> None:
        """Stops the stack, if the docs have not."""
        self.bash("scripts/down")
