import os
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


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_ctrl_c_exits_quietly_with_130(service, tmp_path):
    fifo = tmp_path / "endpoint.yml"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "batchpoint.cli", "endpoint", "create", "-f", str(fifo)],
        env={**os.environ, "BATCHPOINT_URL": service.url},
        stderr=subprocess.PIPE,
        text=True,
    )
    # Opening for writing returns once the command reads, so it is in the middle of its work.
    with Path(fifo).open("w", encoding="utf-8"):
        process.send_signal(2)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors.strip()) == (130, "")
