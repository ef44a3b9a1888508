"""A scorer does not outlive its host, however the host ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import is_running, wait_for

HOST = """
import sys
from pathlib import Path
from scoring.pool.pool import ScorerPool
from scoring.process.spec import InputFile, ScoreRequest, ScorerSpec
spec = ScorerSpec('k', Path.cwd(), None, Path(sys.argv[1]), 'score.py', Path(sys.executable))
request = ScoreRequest([InputFile('a', b'')], 'append_row', 60)
ScorerPool(1).score(spec, request, slots=1)
"""
SCRIPT = """
import os, time
def run(b):
    with open(os.environ['AZUREML_MODEL_DIR'] + '/pid', 'w') as pipe: pipe.write(str(os.getpid()))
    time.sleep(60)
"""


def test_a_killed_host_takes_its_scorer_along(tmp_path):
    (tmp_path / "score.py").write_text(SCRIPT)
    os.mkfifo(tmp_path / "pid")
    root = Path(__file__).parents[3]
    host = subprocess.Popen(
        [sys.executable, "-c", HOST, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    scorer = int((tmp_path / "pid").read_text())
    host.send_signal(signal.SIGKILL)
    host.wait()
    wait_for(lambda: not is_running(scorer))
