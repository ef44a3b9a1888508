"""Inputs and return values of `run()`."""

import csv
import io
import sys

import pytest

from scoring.process.result import FailureCause, ScorerError


@pytest.mark.parametrize(
    ("returned", "rows"),
    [
        ("[1, 2.5]", "1\n2.5\n"),
        ("['x', 'y,\"z\"']", 'x\n"y,""z"""\n'),
        ("('=1+1', 'Größe\\nneu')", '=1+1\n"Größe\nneu"\n'),
        ("[[1, 'a'], (2, None)]", "1,a\n2,\n"),
        ("['', None]", '""\n""\n'),
        ("[True, float('nan')]", 'True\n""\n'),
        ("[{'k': 'v'}, {}]", '"{""k"": ""v""}"\n{}\n'),
        ("['one', 'two', 'three']", "one\ntwo\nthree\n"),
    ],
)
def test_lists(score, returned, rows):
    result = score(f"def run(batch):\n    return {returned}")
    assert result.rows.decode() == rows
    assert result.columns is None
    assert result.failures == ()


@pytest.mark.parametrize(
    ("returned", "rows", "columns"),
    [
        ("np.array([1, 2])", "1\n2\n", None),
        ("np.array([0.1, 1e300], dtype='float64')", "0.1\n1e+300\n", None),
        ("np.array([0.1, 0.2], dtype='float32')", "0.1\n0.2\n", None),
        ("np.array([[1, 2], [3, 4]])", "1,2\n3,4\n", None),
        ("[np.float64(0.5), np.array([1.5, 2])]", "0.5\n1.5,2.0\n", None),
        ("pd.Series([0.5, None])", '0.5\n""\n', None),
        (
            "pd.DataFrame({'file': ['ä', 'b'], 'p': [0.5, 1e-7]}, index=[7, 8])",
            "ä,0.5\nb,1e-07\n",
            ("file", "p"),
        ),
        ("pd.DataFrame({0: ['x\\ry', '=1']})", '"x\ry"\n"=1"\n', ("0",)),
    ],
)
def test_arrays_and_tables(score, returned, rows, columns):
    text = f"import numpy as np\nimport pandas as pd\ndef run(batch):\n    return {returned}"
    result = score(text)
    assert result.rows.decode() == rows
    assert result.columns == columns
    assert result.row_count == 2


@pytest.mark.parametrize("returned", ["None", "5", "'text'", "{'a': 1}"])
def test_other_results_are_refused(score, returned):
    with pytest.raises(ScorerError, match="must return") as caught:
        score(f"def run(batch):\n    return {returned}")
    assert caught.value.cause is FailureCause.RAISED


def test_files_have_their_names_and_contents_and_are_gone_afterwards(score):
    text = """
import os
last = []
def run(batch):
    gone = [os.path.exists(path) for path in last]
    last[:] = batch
    return [[os.path.basename(p), open(p).read(), *gone] for p in batch]
"""
    names = ("x/data.csv", "y/data.csv", "../../etc/passwd", "ü=1,\n.csv")
    first = score(text, names)
    rows = list(csv.reader(io.StringIO(first.rows.decode(), newline="")))
    assert [row[0] for row in rows] == ["data.csv", "data.csv", "passwd", "ü=1,\n.csv"]
    assert [row[1] for row in rows] == [f"content of {name}" for name in names]
    assert b"False" in score(text, ("x",)).rows


def test_fewer_results_than_files_are_failures(score):
    result = score("def run(batch):\n    return batch[:1]", ("a", "b", "c"))
    assert [failure.file for failure in result.failures] == [None, None]
    none = score("def run(batch):\n    return []", ("a", "b"), key="none")
    assert [failure.file for failure in none.failures] == ["a", "b"]


def test_summary_only_counts_and_keeps_no_rows(score):
    result = score("def run(batch):\n    return batch", action="summary_only")
    assert (result.row_count, result.rows) == (2, b"")


def test_init_runs_once_and_prints_are_kept_per_run(score):
    text = """
import logging, os
count = 0
def init():
    global count
    count += 1
    print('loading', os.environ['AZUREML_MODEL_DIR'])
def run(batch):
    print('scoring', batch[0][-1])
    logging.info('informed')
    logging.debug('hidden')
    return [[count, os.getpid()] for _ in batch]
"""
    first, second = score(text, ("1",)), score(text, ("2",))
    assert first.rows == second.rows
    assert first.rows.startswith(b"1,")
    assert b"loading" in first.log
    assert b"INFO root: informed" in first.log
    assert b"scoring 2" in second.log
    assert b"loading" not in second.log
    assert b"hidden" not in first.log + second.log


def test_modules_beside_the_script_import_and_the_app_does_not(score, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_APP", "hush")
    monkeypatch.setenv("PYTHONPATH", ":".join(sys.path))
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "helper.py").write_text("VALUE = 7")
    text = """
import importlib.util, os, helper
def run(batch):
    found = [importlib.util.find_spec(name) for name in ('scoring', 'shared', 'driver', 'api')]
    secret = os.environ.get('SECRET_OF_THE_APP')
    return [[helper.VALUE, os.environ['MINE'], os.environ['OMP_NUM_THREADS'], found, secret]]
"""
    result = score(text, ("1",), environment_variables={"MINE": "m", "OMP_NUM_THREADS": "3"})
    assert result.rows == b'7,m,3,"[None, None, None, None]",\n'


def test_processes_can_be_spawned_by_user_code(score):
    text = """
import multiprocessing
def twice(x):
    return 2 * x
def run(batch):
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.map(twice, [1, 2])
"""
    assert score(text).rows == b"2\n4\n"
