"""Runs `batchpoint` commands as a user would, and shows them."""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from demo.checks import DemoError

_PROGRAM = Path(sys.executable).with_name("batchpoint")


class Commands:
    """A folder in which commands run, and the service that they talk to."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """Takes the variables that tell of the service, on top of those of this process."""
        self.folder = folder
        self._environment = {**os.environ, **environment}

    def run(self, line: str) -> None:
        """Shows a command and runs it on this terminal.

        Raises:
            DemoError: It did not exit with 0.
        """
        self._start(line, None)

    def read(self, line: str) -> str:
        """Shows a command, runs it, shows what it prints, and returns that.

        Raises:
            DemoError: It did not exit with 0.
        """
        text = self._start(line, subprocess.PIPE).strip()
        say(text)
        return text

    def _start(self, line: str, stdout: int | None) -> str:
        say(f"$ {line}")
        program, *arguments = shlex.split(line)
        if program != "batchpoint":
            raise ValueError(f"'{line}' is no batchpoint command")
        ended = subprocess.run(
            [str(_PROGRAM), *arguments],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise DemoError(f"'{line}' exited with {ended.returncode}")
        return ended.stdout or ""


def say(text: str) -> None:
    """Prints a line at once, so that it comes before what the next command prints."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
