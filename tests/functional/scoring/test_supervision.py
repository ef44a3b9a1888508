"""Nothing outlives a scorer, and no signal or connection of it reaches the app's processes."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scoring.process.result import ScorerError
from scoring.sandbox.landlock import NETWORK_VERSION, SCOPES_VERSION, landlock_version
from scoring.sandbox.local_ports import local_ports
from tests.waiting import is_running, wait_for

needs_scopes = pytest.mark.skipif(
    landlock_version() < SCOPES_VERSION, reason="this kernel cannot keep signals inside"
)
needs_network = pytest.mark.skipif(
    landlock_version() < NETWORK_VERSION, reason="this kernel cannot refuse ports"
)
ESCAPED = """
import os, time

def escape():
    reading, writing = os.pipe()
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        os.setsid()
        pid = os.fork()
        if pid:
            os.write(writing, str(pid).encode())
            os._exit(0)
        os.closerange(0, 100)
        os.execve("/bin/sleep", ["sleep", "600"], {})
    os.close(writing)
    found = os.read(reading, 20).decode()
    os.wait()
    return found

def run(batch):
    print("pids", *[escape() for _ in range(20)], flush=True)
    ENDING
"""


@pytest.mark.parametrize("ending", ["time.sleep(600)", "os._exit(1)", "os.abort()"])
def test_what_left_its_session_parent_and_variables_ends_too(score, ending):
    with pytest.raises(ScorerError) as caught:
        score(ESCAPED.replace("ENDING", ending), timeout=3)
    pids = [int(pid) for pid in caught.value.log.split()[1:21]]
    assert len(set(pids)) == 20
    wait_for(lambda: not any(is_running(pid) for pid in pids))


def test_one_that_forks_without_end_is_stopped(score):
    text = """
import os, time
def run(batch):
    if not os.fork():
        os.setsid()
        while True:
            if os.fork():
                os._exit(0)
            open("last", "w").write(str(os.getpid()))
    print("in", os.getcwd(), flush=True)
    time.sleep(600)
"""
    with pytest.raises(ScorerError) as caught:
        score(text, timeout=1)
    folder = caught.value.log.split()[1].decode()

    def is_there() -> bool:
        folders = Path("/proc").glob("[0-9]*/cwd")
        return any(_target(path).startswith(folder) for path in folders)

    wait_for(lambda: not is_there())


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def test_descendants_are_killed_where_signals_cannot_be_kept_inside():
    code = f"""
import os, sys, time
sys.path.insert(0, {str(Path.cwd())!r})
from scoring.sandbox.kernel import SUBREAPER, prctl
from scoring.sandbox.supervise import _descendants, _kill_all
prctl(SUBREAPER, 1)
for _ in range(5):
    if not os.fork():
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(600)
while len(_descendants()) < 5:
    time.sleep(0.01)
_kill_all(is_scoped=False)
print(len(_descendants()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0\n"


@needs_scopes
def test_signals_reach_the_scorers_own_processes_alone(score):
    victim = subprocess.Popen(["sleep", "600"])
    text = f"""
import os, signal, subprocess
def attempt(what, act):
    try:
        act()
        print(what, "| sent")
    except OSError as error:
        print(what, "|", type(error).__name__)

def run(batch):
    own = subprocess.Popen(["sleep", "600"])
    attempt("own", own.kill)
    for what, pid in (("host", {os.getpid()}), ("other", {victim.pid}), ("parent", os.getppid())):
        for number in (0, signal.SIGSTOP, signal.SIGKILL):
            attempt(f"{{what}} {{number}}", lambda: os.kill(pid, number))
    attempt("group", lambda: os.killpg({os.getpgid(0)}, 0))
    return batch
"""
    try:
        log = score(text).log.decode()
        assert victim.poll() is None
    finally:
        victim.kill()
        victim.wait()
    found = dict(line.split(" | ") for line in log.splitlines())
    assert found.pop("own") == "sent"
    assert len(found) == 10
    assert set(found.values()) == {"PermissionError"}


@needs_network
def test_ports_of_the_app_are_refused_and_others_are_not(score, monkeypatch):
    here = ("127.0.0.1", 0)
    with socket.create_server(here) as refused, socket.create_server(here) as other:
        ports = refused.getsockname()[1], other.getsockname()[1]
        monkeypatch.setenv("BATCHPOINT_SIGN_IN_AUTHORITY", f"http://127.0.0.1:{ports[0]}")
        text = f"""
import socket
def attempt(port):
    try:
        socket.create_connection(("127.0.0.1", port), 5).close()
        return "connected"
    except OSError as error:
        return type(error).__name__

def run(batch):
    return [attempt(port) for port in {ports}]
"""
        assert score(text).rows == b"PermissionError\nconnected\n"


def test_folders_can_still_be_moved(score):
    text = """
import os
def run(batch):
    os.makedirs("a/b")
    os.makedirs("c")
    os.rename("a/b", "c/b")
    return os.listdir("c") * 2
"""
    assert score(text).rows == b"b\nb\n"


def test_which_ports_belong_to_the_app():
    key = "AzureWebJobsStorage"
    url = "BlobEndpoint=http://127.0.0.1:1234/devstoreaccount1;QueueEndpoint=http://localhost:99/x"
    assert local_ports({key: url}, []) == {1234, 99}
    assert local_ports({key: "UseDevelopmentStorage=true"}, []) == {10000, 10001, 10002}
    assert local_ports(
        {"BATCHPOINT_X": "https://[::1]:8443/", "OTHER": "http://localhost:1"}, []
    ) == {8443}
    assert local_ports({key: "https://account.blob.core.windows.net:443"}, []) == frozenset()
    started = ["worker.py", "--functions-uri", "http://127.0.0.1:5555/"]
    assert local_ports({}, started) == {5555, *range(17071, 17081)}
