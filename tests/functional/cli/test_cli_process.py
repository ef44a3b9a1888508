import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

START = """
import sys
from batchpoint.cli import cli
try:
    cli.main(sys.argv[1:], prog_name="batchpoint")
except SystemExit as end:
    slow = {"httpx", "rich", "yaml", "jmespath", "azure"} & set(sys.modules)
    print(end.code, sorted(slow))
"""


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["endpoint", "invoke", "--help"]])
def test_commands_that_need_no_service_start_fast(args):
    done = subprocess.run(
        [sys.executable, "-c", START, *args], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.fixture
def ctrl_c_counts():
    """Interrupts count here and in new processes, even if a shell started all in its background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_exits_quietly_with_130(service, tmp_path, ctrl_c_counts):
    fifo = tmp_path / "endpoint.yml"
    os.mkfifo(fifo)
    with (
        subprocess.Popen(
            [sys.executable, "-m", "batchpoint.cli", "endpoint", "create", "-f", str(fifo)],
            env={**os.environ, "BATCHPOINT_URL": service.url},
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        # Opening for writing returns once the command reads, so it is in the middle of its work.
        Path(fifo).open("w", encoding="utf-8"),
    ):
        errors = _interrupted(process)
    assert (process.returncode, errors.strip()) == (130, "")


def _interrupted(process: subprocess.Popen[str]) -> str:
    """Interrupts until the process ends: Python loses a signal that meets it in a finalizer."""
    try:
        for _ in range(6):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=10)[1]
        raise AssertionError("the command goes on when it is interrupted")
    finally:
        process.kill()
