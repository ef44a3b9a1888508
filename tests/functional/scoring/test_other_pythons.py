"""The driver runs under every Python from 3.8 on, for scripts and for MLflow models."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.environments.interpreters import Python, installed_pythons
from scoring.pool.pool import ScorerPool
from scoring.process.spec import InputFile, ScoreRequest, ScorerSpec

SCRIPT = """
import sys

def init():
    print("init under", sys.version_info[:2])

def run(files):
    if "bad" in files[0]:
        raise ValueError("not liked")
    return [f"{sys.version_info[0]}.{sys.version_info[1]} {open(file).read()}" for file in files]
"""
OTHERS = {python.minor: python for python in reversed(installed_pythons())}


@pytest.mark.parametrize("minor", ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13"])
def test_a_script_is_scored_under(
    pool: ScorerPool, script_spec: Callable[..., ScorerSpec], minor: str
):
    python: Python | None = OTHERS.get(minor)
    if python is None:
        pytest.skip(f"there is no Python {minor} on this machine")
    spec = script_spec(SCRIPT, python=Path(python.path))
    files = [InputFile("a.txt", b"one"), InputFile("b.txt", b"two, three")]
    result = pool.score(spec, ScoreRequest(files, "append_row", 60), slots=1)
    assert result.rows.decode() == f'{minor} one\n"{minor} two, three"\n'
    assert f"init under ({minor.replace('.', ', ')})" in result.log.decode()
