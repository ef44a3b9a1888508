import ast
import fcntl
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scoring.driver.frames
from scoring.driver.script import _inputs_folder
from scoring.process.bounded_log import BoundedLog
from scoring.process.exit_reason import describe_death
from scoring.process.input_paths import input_paths, relative_path
from scoring.process.result import FailureCause
from scoring.process.spec import InputFile, ScoreRequest, ScorerSpec
from scoring.process.variables import scorer_variables
from scoring.process.work_folders import host_folder, memory_folder

PARTS = st.sampled_from(["a", "b.csv", "..", ".", "", "ü", "x" * 300, "a\0"])


@given(st.lists(st.lists(PARTS, min_size=1, max_size=4).map("/".join), max_size=8))
def test_input_paths_stay_inside_and_never_collide(names):
    paths = input_paths(names)
    assert len(set(paths)) == len(names)
    for path in paths:
        assert relative_path(path) == path
        assert not any(other.startswith(path + "/") for other in paths)


def test_input_paths_keep_folders_and_basenames():
    assert input_paths(["x/d.csv", "y/d.csv", "/etc/passwd", "../up", "d", "d/e"]) == [
        "x/d.csv",
        "y/d.csv",
        ".2/passwd",
        ".3/up",
        "d",
        ".5/e",
    ]


def test_a_log_keeps_its_end_and_says_what_is_missing():
    log = BoundedLog(limit=10)
    for _ in range(100):
        log.append(b"0123456789")
    log.append(b"end")
    assert log.take() == b"[993 bytes of earlier output left out]\n3456789end"
    log.append(b"new")
    assert log.take() == b"new"


@pytest.mark.parametrize(
    ("code", "cause", "text"),
    [
        (None, FailureCause.CRASHED, "closed its connection"),
        (7, FailureCause.EXITED, "code 7"),
        (-signal.SIGSEGV, FailureCause.CRASHED, "SIGSEGV"),
        (-signal.SIGKILL, FailureCause.OUT_OF_MEMORY, "memory"),
        (-50, FailureCause.CRASHED, "50"),
    ],
)
def test_deaths_are_named(code, cause, text):
    found, message = describe_death(code)
    assert found is cause
    assert text in message


def test_inputs_go_to_memory_only_if_it_has_room(tmp_path):
    disk, shared = tmp_path / "disk", tmp_path / "memory"
    shared.mkdir()
    memory = memory_folder(shared)
    assert memory is not None
    assert memory.parent == host_folder(shared)
    assert memory.stat().st_mode & 0o777 == 0o700
    assert _inputs_folder(1, str(disk), str(memory)) == memory / "inputs"
    for size, folder in ((2**60, str(memory)), (1, ""), (1, str(tmp_path / "missing"))):
        assert _inputs_folder(size, str(disk), folder) == disk
    assert memory_folder(tmp_path / "missing") is None


def test_what_a_dead_host_left_is_removed_and_what_a_living_one_needs_is_not(tmp_path):
    left, needed = tmp_path / "batchpoint-host-left", tmp_path / "batchpoint-host-needed"
    (left / "inputs").mkdir(parents=True)
    needed.mkdir()
    descriptor = os.open(needed, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        own = host_folder(tmp_path)
    finally:
        os.close(descriptor)
    assert sorted(tmp_path.iterdir()) == sorted([needed, own])


def make_spec(**changes) -> ScorerSpec:
    values = {"mlflow_dir": Path("/m"), "code_dir": None, "scoring_script": None}
    return ScorerSpec(
        key="k", model_dir=Path("/m"), python=Path("/env/bin/python"), **values | changes
    )


def test_a_spec_is_one_kind_and_hides_its_variables():
    assert "hush" not in repr(make_spec(environment_variables={"TOKEN": "hush"}))
    with pytest.raises(ValueError, match="either"):
        make_spec(mlflow_dir=None)
    with pytest.raises(ValueError, match="timeout"):
        ScoreRequest([InputFile("a", b"")], "append_row", 0)
    with pytest.raises(ValueError, match="rows"):
        ScoreRequest([], "rows", 1)


def test_variables_are_an_allow_list():
    host = {"PATH": "/bin", "AzureWebJobsStorage": "secret", "LC_ALL": "C", "PYTHONPATH": "/app"}
    spec = make_spec(environment_variables={"OMP_NUM_THREADS": "4", "AZUREML_MODEL_DIR": "no"})
    found = scorer_variables(spec, Path("/work"), "t", host)
    assert not {"AzureWebJobsStorage", "PYTHONPATH"} & set(found)
    assert found["PATH"] == "/env/bin:/bin"
    assert (found["OMP_NUM_THREADS"], found["MKL_NUM_THREADS"]) == ("4", "1")
    assert (found["AZUREML_MODEL_DIR"], found["HOME"], found["LC_ALL"]) == ("/m", "/work", "C")


def test_the_driver_is_python_3_8():
    folder = Path(scoring.driver.frames.__file__).parent
    for path in folder.glob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 8))
