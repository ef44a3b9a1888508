"""A confined scorer reaches its own files, and none of other deployments."""

import logging
import shutil
import subprocess
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scoring.pool.pool import ScorerPool
from scoring.process.result import ScorerError
from scoring.process.spec import InputFile, ScoreRequest
from scoring.sandbox.confinement import Confinement, find_confinement, why_unconfined
from scoring.sandbox.landlock import LEAST_VERSION, landlock_version

needs_landlock = pytest.mark.skipif(
    landlock_version() < LEAST_VERSION, reason="this system has no Landlock, or not a new one"
)
REQUEST = ScoreRequest([InputFile("a.txt", b"a"), InputFile("deep/b.txt", b"b")], "append_row", 30)
# With a view of its own, other folders are not there at all, and those to read cannot be changed.
REFUSED = {"PermissionError", "FileNotFoundError", "OSError"}
TRY = """
import os, subprocess, sys

def attempt(what, act):
    try:
        print(what, "|", act())
    except OSError as error:
        print(what, "|", type(error).__name__)
"""


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder for all deployments, outside of those in which scorers may make files."""
    folder = Path(tempfile.mkdtemp(prefix="confined-", dir="/var/tmp"))
    for name in ("models/mine", "models/theirs", "code/mine", "outputs/mine", "environments"):
        (folder / name).mkdir(parents=True)
    (folder / "models/mine/weights").write_text("my weights")
    (folder / "models/theirs/weights").write_text("their weights")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def confined(script_spec, scratch):
    def make(text, **settings):
        mine = scratch / "models/mine", scratch / "outputs/mine"
        spec = script_spec(TRY + text, model_dir=mine[0], output_parent=mine[1], **settings)
        read = (mine[0], scratch / "environments")
        confinement = Confinement(scratch, own=(mine[1], spec.code_dir), read=read)
        return replace(spec, confinement=confinement)

    return make


def said(pool: ScorerPool, spec, request=REQUEST) -> dict[str, str]:
    log = pool.score(spec, request, slots=1).log.decode()
    return dict(line.split(" | ", 1) for line in log.splitlines() if " | " in line)


@needs_landlock
def test_other_deployments_are_out_of_reach(pool, confined, scratch):
    text = f"""
SCRATCH = {str(scratch)!r}
THEIRS = SCRATCH + "/models/theirs"

def run(batch):
    attempt("read", lambda: open(THEIRS + "/weights").read())
    attempt("list", lambda: os.listdir(THEIRS))
    attempt("list all", lambda: os.listdir(SCRATCH))
    attempt("change", lambda: open(THEIRS + "/weights", "w"))
    attempt("cut off", lambda: os.truncate(THEIRS + "/weights", 0))
    attempt("add", lambda: open(THEIRS + "/mine", "w"))
    attempt("remove", lambda: os.remove(THEIRS + "/weights"))
    attempt("rename", lambda: os.rename(THEIRS + "/weights", THEIRS + "/w"))
    attempt("move", lambda: os.rename(SCRATCH + "/models/mine/weights", THEIRS + "/w"))
    attempt("link", lambda: os.link(THEIRS + "/weights", "link"))
    os.symlink(THEIRS, "symlink")
    attempt("symlink", lambda: open("symlink/weights").read())
    attempt("root", lambda: open("/proc/self/root" + THEIRS + "/weights").read())
    attempt("inputs", lambda: os.listdir("/dev/shm"))
    command = ["cat", THEIRS + "/weights"]
    attempt("child", lambda: subprocess.run(command, stderr=subprocess.DEVNULL).returncode)
    return [1, 2]
"""
    found = said(pool, confined(text))
    assert len(found) == 14
    assert found.pop("child") == "1"
    assert set(found.values()) <= REFUSED, found
    assert (scratch / "models/theirs/weights").read_text() == "their weights"
    assert sorted(path.name for path in (scratch / "models/theirs").iterdir()) == ["weights"]


@needs_landlock
def test_its_own_work_goes_on_as_ever(pool, confined, tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/beside.py").write_text("NAME = 'beside'")
    text = """
import beside, multiprocessing, pathlib, shutil, tempfile

def init():
    attempt("model", lambda: open(os.environ["AZUREML_MODEL_DIR"] + "/weights").read())

def run(batch):
    attempt("module", lambda: beside.NAME)
    attempt("inputs", lambda: [open(path).read() for path in batch])
    folder = pathlib.Path(batch[0]).parent
    attempt("inputs listed", lambda: sorted(path.name for path in folder.rglob("*.txt")))
    out = pathlib.Path(os.environ["AZUREML_BI_OUTPUT_PATH"])
    def written():
        (out / "part").mkdir()
        (out / "part/x").write_text("x")
        shutil.move(str(out / "part/x"), str(out / "x"))
        return os.listdir(out)
    attempt("outputs", lambda: sorted(written()))
    with tempfile.NamedTemporaryFile("w+", dir="/tmp") as file:
        file.write("/tmp")
        file.flush()
        attempt("tmp", lambda: open(file.name).read())
    os.mkdir("here")
    attempt("work", lambda: (os.rename("here", "there"), os.listdir("."))[1])
    def locked():
        with multiprocessing.get_context("fork").Lock():
            return True
    attempt("semaphores", locked)
    command = [sys.executable, "-c", "print(6 * 7)"]
    attempt("programs", lambda: subprocess.run(command, capture_output=True, text=True).stdout[:2])
    attempt("system", lambda: open("/etc/hostname").read() != "")
    return [1, 2]
"""
    spec = confined(text)
    output = spec.output_parent / "output-1"
    output.mkdir()
    for _ in range(2):
        request = replace(REQUEST, output_action="summary_only", output_dir=output)
        found = said(pool, spec, request)
        assert found.pop("model", "my weights") == "my weights"
        assert found == {
            "module": "beside",
            "inputs": "['a', 'b']",
            "inputs listed": "['a.txt', 'b.txt']",
            "outputs": "['part', 'x']",
            "tmp": "/tmp",
            "work": "['there']",
            "semaphores": "True",
            "programs": "42",
            "system": "True",
        }
        # As for the next mini-batch: what the first one left is out of the way.
        shutil.rmtree(output / "part")


@needs_landlock
def test_the_host_and_other_scorers_tell_nothing(pool, confined, script_spec):
    tell = "def run(batch):\n    import os\n    print('pid |', os.getpid())\n    return batch"
    other = said(pool, script_spec(tell, key="other"))
    text = f"""
def run(batch):
    for name, pid in (("host", os.getppid()), ("other", {other["pid"]})):
        for what in ("environ", "maps", "mem"):
            attempt(name + " " + what, lambda: open(f"/proc/{{pid}}/{{what}}", "rb").read(1))
        for what in ("cwd", "root", "exe", "fd/0"):
            attempt(name + " " + what, lambda: os.readlink(f"/proc/{{pid}}/{{what}}"))
    return [1, 2]
"""
    found = said(pool, confined(text))
    assert len(found) == 14
    assert set(found.values()) == {"PermissionError"}, found


@needs_landlock
def test_an_environment_below_the_folder_can_be_used_but_not_changed(pool, confined, scratch):
    folder = scratch / "environments" / "one"
    venv.create(folder, with_pip=False, symlinks=True)
    marker = folder / "lib" / "marker.pth"
    text = f"""
def run(batch):
    attempt("python", lambda: sys.prefix)
    attempt("change", lambda: open({str(marker)!r}, "w"))
    return [1, 2]
"""
    found = said(pool, confined(text, python=folder / "bin" / "python"))
    assert found["python"] == str(folder)
    assert found["change"] in REFUSED


@needs_landlock
def test_nothing_that_a_deployment_brings_runs_before_it_is_confined(
    pool, confined, scratch, tmp_path
):
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "try:\n"
        f"    print('hook |', open({str(scratch / 'models/theirs/weights')!r}).read())\n"
        "except OSError as error:\n"
        "    print('hook |', type(error).__name__)\n"
    )
    text = "def run(batch):\n    return [1, 2]"
    spec = confined(text, environment_variables={"PYTHONPATH": str(hook)})
    found = said(pool, spec)
    assert found["hook"] in REFUSED


@needs_landlock
def test_an_interpreter_that_is_not_there(pool, confined):
    spec = confined("def run(batch):\n    return batch", python=Path("/nowhere/python"))
    with pytest.raises(ScorerError, match=r"ended|exited|could not be started"):
        pool.score(spec, REQUEST, slots=1)


needs_view = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(["unshare", "-Urm", "true"], check=False).returncode != 0,
    reason="this system lets nobody make mount namespaces",
)


@needs_landlock
@needs_view
def test_attributes_and_names_of_the_folder_are_out_of_reach(pool, confined, scratch):
    text = f"""
import ctypes

SCRATCH = {str(scratch)!r}
libc = ctypes.CDLL(None, use_errno=True)

def watch(path):
    watcher = libc.inotify_init1(0)
    if libc.inotify_add_watch(watcher, path.encode(), 0x121) < 0:
        raise OSError(ctypes.get_errno(), "watch")

def run(batch):
    for name in ("models/mine", "models/mine/weights", "models/theirs", "models", ""):
        path = f"{{SCRATCH}}/{{name}}"
        attempt("chmod " + name, lambda: os.chmod(path, 0o700))
        attempt("utime " + name, lambda: os.utime(path))
        attempt("xattr " + name, lambda: os.setxattr(path, "user.mine", b"x"))
    attempt("theirs", lambda: os.stat(SCRATCH + "/models/theirs"))
    attempt("watch", lambda: watch(SCRATCH + "/models/theirs"))
    attempt("up", lambda: os.stat("../../models/theirs"))
    attempt("unmount", lambda: libc.umount2(SCRATCH.encode(), 2) == 0)
    return [1, 2]
"""
    found = said(pool, confined(text))
    assert found.pop("unmount") == "False"
    assert len(found) == 18
    assert set(found.values()) <= REFUSED, found
    assert scratch.stat().st_mode & 0o777 == 0o700


@needs_landlock
@needs_view
def test_inputs_are_in_memory_that_no_other_scorer_sees(pool, confined):
    text = """
import time

def run(batch):
    attempt("inputs", lambda: batch[0].startswith("/dev/shm/"))
    attempt("left", lambda: os.path.exists("/dev/shm/left"))
    attempt("leave", lambda: open("/dev/shm/left", "w").close())
    return [1, 2]
"""
    first = said(pool, confined(text, key="first"))
    assert first == {"inputs": "True", "left": "False", "leave": "None"}
    assert said(pool, confined(text, key="second")) == first
    assert not Path("/dev/shm/left").exists()


def test_where_scorers_make_files_of_their_own_nothing_is_closed(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("scoring.sandbox.confinement.landlock_version", lambda: LEAST_VERSION)
    assert why_unconfined(Path("/var/tmp/b")) is None
    assert find_confinement(Path("/var/tmp/b")) == Confinement(Path("/var/tmp/b"))
    with caplog.at_level(logging.INFO):
        assert find_confinement(Path("/tmp/b")) is None
    assert "/tmp/b lies in /tmp" in caplog.text
    (tmp_path / "link").symlink_to("/dev/shm/b")
    assert "lies in /dev/shm" in (why_unconfined(tmp_path / "link") or "")
    monkeypatch.setattr("scoring.sandbox.confinement.landlock_version", lambda: 1)
    assert "Landlock" in (why_unconfined(Path("/var/tmp/b")) or "")
