"""Whatever a scoring script does is a failed attempt with its cause named."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from scoring.pool.pool import ScorerPool
from scoring.process.result import FailureCause, ScorerError, ScoreResult
from scoring.process.spec import InputFile, ScoreRequest, ScorerLimits
from scoring.process.work_folders import make_private
from tests.waiting import is_running, wait_for

REQUEST = ScoreRequest([InputFile("a.txt", b"a")], "append_row", 20)


def failure(score, text: str, **settings) -> ScorerError:
    with pytest.raises(ScorerError) as caught:
        score(text, **settings)
    return caught.value


@pytest.mark.parametrize(
    ("body", "cause", "message"),
    [
        ("os._exit(3)", FailureCause.EXITED, "exited with code 3 in run()"),
        ("sys.exit(4)", FailureCause.EXITED, "run() ended the program: SystemExit: 4"),
        ("ctypes.string_at(0)", FailureCause.CRASHED, "SIGSEGV"),
        ("os.abort()", FailureCause.CRASHED, "SIGABRT"),
        ("os.kill(os.getpid(), 9)", FailureCause.OUT_OF_MEMORY, "SIGKILL"),
        ("os.closerange(0, 100); return []", FailureCause.EXITED, "exited"),
        ("raise KeyboardInterrupt", FailureCause.RAISED, "KeyboardInterrupt"),
        ("raise MemoryError", FailureCause.OUT_OF_MEMORY, "ran out of memory"),
        ("class E(Exception):\n        __str__ = 1\n    raise E", FailureCause.RAISED, "E: "),
        ("run(batch)", FailureCause.RAISED, "RecursionError"),
    ],
)
def test_each_end_has_its_cause(score, body, cause, message):
    error = failure(score, f"import ctypes, os, sys\ndef run(batch):\n    print('hi')\n    {body}")
    assert error.cause is cause
    assert message in error.message
    assert b"hi" in error.log


def test_the_traceback_is_the_users_part(score):
    error = failure(score, "def inner():\n    1 / 0\ndef run(batch):\n    inner()")
    assert error.message == "run() failed: ZeroDivisionError: division by zero"
    assert "score.py" in error.traceback
    assert "driver" not in error.traceback
    assert error.traceback.count("File ") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def init():\n    raise ValueError('no model')\ndef run(b): ...", "ValueError: no model"),
        ("def run(:", "SyntaxError"),
        ("import not_there\ndef run(b): ...", "No module named 'not_there'"),
        ("def init(): ...", "no function run(mini_batch)"),
        ("import os\nos._exit(5)", "exited with code 5 in init()"),
        ("import sys\nsys.exit(6)", "SystemExit: 6"),
    ],
)
def test_a_failing_init(score, text, message):
    error = failure(score, "print('starting')\n" + text if "run(:" not in text else text)
    assert error.cause is FailureCause.INIT_FAILED
    assert message in error.message
    assert b"starting" in error.log or "run(:" in text
    assert "driver" not in error.traceback


def test_an_init_that_takes_too_long(script_spec):
    pool = ScorerPool(max_scorers=1, init_timeout=0.5)
    try:
        with pytest.raises(ScorerError, match=r"init\(\) took longer") as caught:
            pool.score(script_spec("import time\ntime.sleep(60)"), REQUEST, slots=1)
    finally:
        pool.close()
    assert caught.value.cause is FailureCause.INIT_FAILED


def test_an_interpreter_that_is_not_there(score):
    error = failure(score, "def run(b): ...", python=Path("/nowhere/python"))
    assert error.cause is FailureCause.INIT_FAILED


FAMILY = """
import os, subprocess, sys, time
def run(batch):
    sleeper = subprocess.Popen(['sleep', '60'])
    escaped = subprocess.Popen(['sleep', '60'], start_new_session=True)
    forked = os.fork()
    if not forked:
        os.setsid()
        if os.fork():
            os._exit(0)
        time.sleep(60)
    print('pids', os.getpid(), sleeper.pid, escaped.pid, forked)
    ENDING
"""


@pytest.mark.parametrize("ending", ["time.sleep(60)", "os._exit(1)"])
def test_nothing_survives_a_scorer(score, ending):
    error = failure(score, FAMILY.replace("ENDING", ending), timeout=1)
    line = next(line for line in error.log.splitlines() if line.startswith(b"pids"))
    pids = [int(pid) for pid in line.split()[1:]]
    assert len(pids) == 4
    wait_for(lambda: not any(is_running(pid) for pid in pids))
    expected = FailureCause.TIMEOUT if "sleep" in ending else FailureCause.EXITED
    assert error.cause is expected


def test_endless_output_is_bounded_and_ends_with_the_timeout(score):
    error = failure(score, "def run(b):\n    while True: print('x' * 5000)", timeout=1)
    assert error.cause is FailureCause.TIMEOUT
    assert b"left out" in error.log[:100]
    assert len(error.log) < 2 * 1024 * 1024


def test_much_output_does_not_get_in_the_way(score):
    result = score("def run(b):\n    print('y' * 5_000_000)\n    return b")
    assert result.row_count == 2
    assert len(result.log) < 2 * 1024 * 1024


def test_a_forked_copy_that_returns_does_not_answer(score):
    text = "import os\ndef run(b):\n    child = os.fork()\n    return [os.getpid(), bool(child)]"
    assert score(text).rows.endswith(b"True\n")
    assert score(text).rows.endswith(b"True\n")


def test_closed_streams_do_no_harm(score):
    text = "import sys\ndef run(b):\n    sys.stdout.close(); sys.stderr = None\n    return b"
    assert score(text).row_count == 2
    assert score(text).row_count == 2


def test_standard_input_is_empty(score):
    assert score("import sys\ndef run(b):\n    return [sys.stdin.read()] * 2").row_count == 2


def test_the_memory_limit(score):
    text = "def run(b):\n    return [len(bytearray(600 * 1024 * 1024))] * 2"
    error = failure(score, text, limits=ScorerLimits(memory=512 * 1024 * 1024))
    assert error.cause is FailureCause.OUT_OF_MEMORY
    assert score(text, key="unlimited").row_count == 2


def test_a_scorer_that_raised_is_used_again_and_one_that_died_is_replaced(score):
    text = """
import os
calls = 0
def run(batch):
    global calls
    calls += 1
    print('pid', os.getpid())
    if calls == 1: raise ValueError
    if calls == 3: os._exit(1)
    return [calls]
"""
    assert failure(score, text).cause is FailureCause.RAISED
    assert score(text, ("a",)).rows == b"2\n"
    assert failure(score, text).cause is FailureCause.EXITED
    assert failure(score, text).cause is FailureCause.RAISED


def test_cancel_kills_a_run(pool, script_spec, tmp_path):
    started = tmp_path / "started"
    os.mkfifo(started)
    text = f"import time\ndef run(b):\n    open({str(started)!r}, 'w').close()\n    time.sleep(60)"
    canceled = threading.Event()

    def cancel() -> None:
        started.read_bytes()
        canceled.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(ScorerError) as caught:
        pool.score(script_spec(text), REQUEST, slots=1, canceled=canceled)
    thread.join()
    assert caught.value.cause is FailureCause.CANCELED


PRELUDE = "import builtins, gc, json, os, signal, socket, struct, sys, threading, time\n"


def script(*lines: str) -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"{PRELUDE}def run(batch):\n{body}"


@pytest.mark.parametrize(
    "lines",
    [
        ("os.closerange(0, 1)", "return batch"),
        ("sys.stdin.close()", "return batch"),
        ("os.closerange(1, 3)", "return batch"),
        ("threading.Thread(target=time.sleep, args=(600,)).start()", "return batch"),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "return batch"),
        ("if not os.fork(): time.sleep(600)", "return batch"),
        ("if not os.fork():", "    while True: os.write(1, b'x' * 4096)", "return batch"),
        ("if os.fork():", "    return batch", "os.setsid()", "os.execvp('sleep', ['sleep', '60'])"),
        ("return [float('nan'), float('inf')]",),
        ("return [lambda: 0, object]",),
    ],
    ids=lambda lines: lines[0],
)
def test_what_does_no_harm(score, lines):
    text = script(*lines)
    for _ in range(2):
        result = score(text)
        assert result.row_count == 2
        assert len(result.log) < 2 * 1024 * 1024 + 100


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        (("signal.signal(15, signal.SIG_IGN)", "time.sleep(600)"), FailureCause.TIMEOUT),
        (("signal.pthread_sigmask(0, range(1, 65))", "time.sleep(600)"), FailureCause.TIMEOUT),
        (("while True: pass",), FailureCause.TIMEOUT),
        (("while True:", "    os.write(2, b'y' * 65536)"), FailureCause.TIMEOUT),
        (("threading.Timer(0, os._exit, (7,)).start()", "time.sleep(600)"), FailureCause.EXITED),
        (("builtins.len = None", "return batch"), FailureCause.EXITED),
        (("return [type('L', (), {'__str__': lambda s: 1 / 0})()]",), FailureCause.RAISED),
        (("return (n for n in range(3))",), FailureCause.RAISED),
        (("raise SystemExit",), FailureCause.EXITED),
        (("os.kill(os.getpid(), signal.SIGTERM)", "time.sleep(600)"), FailureCause.CRASHED),
        (("os.kill(os.getpid(), signal.SIGSTOP)",), FailureCause.TIMEOUT),
    ],
    ids=str,
)
def test_what_fails_the_attempt_alone(score, lines, cause):
    error = failure(score, script(*lines), timeout=2)
    assert error.cause is cause
    assert error.message
    assert score(script("return batch"), key="healthy").row_count == 2


def forged(header: str) -> str:
    return script(
        f"data = {header!r}.encode()",
        "for fd in range(3, 64):",
        "    try: socket.socket(fileno=os.dup(fd)).send(struct.pack('>I', len(data)) + data)",
        "    except OSError: pass",
        "time.sleep(600)",
    )


@pytest.mark.parametrize(
    "header",
    [
        "no json at all",
        "[]",
        '{"sizes": [1000000000000]}',
        '{"kind": "result", "sizes": [1000000000000]}',
        '{"kind": "result", "sizes": [-1]}',
        '{"kind": "result", "sizes": []}',
        '{"kind": "result", "sizes": 3}',
        '{"kind": "failed", "sizes": []}',
        '{"kind": "result", "sizes": [0], "row_count": 1, "columns": 7, "failures": 3}',
    ],
)
def test_an_answer_that_user_code_makes_up(score, header):
    error = failure(score, forged(header), timeout=10)
    assert error.cause is FailureCause.CRASHED


GOOD = {"kind": "result", "row_count": 1, "columns": None, "failures": [], "seconds": 0.1}


def answered(rows: str = "a\n", **changes: object) -> str:
    """Returns a script that writes an answer of its own, with all that a driver's would have."""
    return f"""
import json, os, socket, stat, struct, sys, time
def run(batch):
    frame = sys._getframe()
    while "nonce" not in frame.f_locals:
        frame = frame.f_back
    header = {{**{GOOD!r}, **json.loads({json.dumps(changes)!r}), "nonce": frame.f_locals["nonce"]}}
    rows = {rows!r}.encode("utf-8", "surrogateescape")
    data = json.dumps({{**header, "sizes": [len(rows)]}}).encode()
    for fd in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                socket.socket(fileno=os.dup(fd)).sendall(struct.pack(">I", len(data)) + data + rows)
        except OSError:
            pass
    time.sleep(SECONDS)
    return batch
"""


@pytest.mark.parametrize(
    "changes",
    [
        {"row_count": "xxxxxxxxxx"},
        {"row_count": -1},
        {"row_count": 10**300},
        {"row_count": True},
        {"row_count": 1.0},
        {"row_count": None},
        {"row_count": 2},
        {"row_count": 0},
        {"rows": "a"},
        {"rows": "a\nb"},
        {"rows": 'a"\n'},
        {"rows": "a\udcff\n"},
        {"seconds": float("nan")},
        {"seconds": float("inf")},
        {"seconds": -1},
        {"seconds": "0.1"},
        {"seconds": 10**6},
        {"columns": [1, {"a": 2}]},
        {"columns": "abc"},
        {"columns": {"a": 1}},
        {"failures": [{"file": {"x": 1}, "message": "no"}]},
        {"failures": [{"file": "not-asked-for", "message": "no"}]},
        {"failures": [{"file": None, "message": 5}]},
        {"failures": [{"file": None, "message": "no"}] * 3},
        {"failures": [None]},
        {"failures": {"a": 1}},
        {"kind": "ready"},
        {"kind": "failed"},
        {"kind": "failed", "message": ["m"], "traceback": {}, "exit": 0, "memory": 0},
        {"kind": ["result"]},
        {"nonce": "0" * 32, "kind": "else"},
    ],
    ids=repr,
)
def test_an_answer_with_a_field_that_no_driver_sends(score, changes):
    error = failure(score, answered(**changes).replace("SECONDS", "600"), timeout=10)
    assert error.cause is FailureCause.CRASHED
    assert score(script("return batch"), key="healthy").row_count == 2


def test_an_answer_that_is_too_deep(score):
    text = script(
        "data = b'[' * 200000",
        "for fd in range(3, 64):",
        "    try: socket.socket(fileno=os.dup(fd)).send(struct.pack('>I', len(data)) + data)",
        "    except OSError: pass",
        "time.sleep(600)",
    )
    assert failure(score, text, timeout=10).cause is FailureCause.CRASHED


def test_half_characters_become_whole_ones(score):
    text = answered(columns=["\ud800"], failures=[{"file": None, "message": "\udfff"}])
    result = score(text.replace("SECONDS", "0"))
    assert result.columns == ("?",)
    assert result.failures[0].message == "?"


def test_an_answer_too_many_is_not_given_to_the_next_request(score):
    text = answered("forged\n").replace("SECONDS", "0.2")
    # The forged one has what a driver's has; the driver's own is one too many then.
    assert score(text).rows == b"forged\n"
    for _ in range(3):
        try:
            assert score(text).rows == b"forged\n"
        except ScorerError as error:
            assert error.cause is FailureCause.CRASHED  # noqa: PT017 - it may come, or not
    honest = "def run(batch):\n    return [open(path).read() for path in batch]"
    assert b"content of a.txt" in score(honest, key="honest").rows


def test_the_connection_can_be_closed_by_user_code(score):
    lines = (
        "for thing in gc.get_objects():",
        "    if isinstance(thing, socket.socket): thing.close()",
    )
    error = failure(score, script(*lines, "return batch"), timeout=10)
    assert error.cause is FailureCause.EXITED


def test_what_a_script_left_running_ends_with_its_scorer(script_spec, tmp_path):
    pids = tmp_path / "pids"
    text = script(
        "if not os.fork():",
        "    os.setsid()",
        f"    open({str(pids)!r}, 'w').write(str(os.getpid()))",
        "    os.execvp('sleep', ['sleep', '600'])",
        "return batch",
    )
    pool = ScorerPool(max_scorers=1)
    try:
        pool.score(script_spec(text), REQUEST, slots=1)
        wait_for(lambda: pids.exists() and pids.read_text())
    finally:
        pool.close()
    wait_for(lambda: not is_running(int(pids.read_text())))


def test_the_limits_of_a_scorer(score):
    text = (
        "import resource\n"
        "def run(batch):\n"
        "    kinds = (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)\n"
        "    print([resource.getrlimit(kind) for kind in kinds])\n"
        "    print(resource.getrlimit(resource.RLIMIT_NPROC)[0] > 50)\n"
        "    return [1, 2]"
    )
    limits = ScorerLimits(memory=2**31, processes=50, file_size=2**20)
    log = score(text, limits=limits).log
    assert f"[({2**31}, {2**31}), ({2**20}, {2**20}), (0, 0)]\nTrue" in log.decode()


def test_a_file_over_the_limit(score):
    text = "def run(batch):\n    open('big', 'wb').write(bytes(2**21))"
    error = failure(score, text, limits=ScorerLimits(file_size=2**20))
    assert error.cause is FailureCause.RAISED
    assert "File too large" in error.message


def test_a_scorer_inherits_no_descriptor_but_its_own(score):
    text = (
        "import os, subprocess, sys\n"
        "def run(batch):\n"
        "    kinds = {os.readlink(f'/proc/self/fd/{n}').split(':')[0].rsplit('/', 1)[0]\n"
        "             for n in os.listdir('/proc/self/fd')\n"
        "             if os.path.lexists(f'/proc/self/fd/{n}')}\n"
        "    print('own', sorted(kinds))\n"
        '    code = \'import os; print("child", len(os.listdir("/proc/self/fd")))\'\n'
        "    subprocess.run([sys.executable, '-I', '-c', code], close_fds=False)\n"
        "    return [1, 2]"
    )
    with Path(__file__).open():
        log = score(text).log.decode()
    assert "own ['/dev', 'pipe', 'socket']" in log
    # Its three streams, and the one that lists them.
    assert "child 4" in log


def test_a_scorer_works_in_a_folder_of_its_own(score):
    text = (
        "import os\n"
        "def run(batch):\n"
        "    print(os.getcwd() == os.environ['HOME'] == os.environ['TMPDIR'])\n"
        "    print(oct(os.stat('.').st_mode & 0o777), os.listdir('.'))\n"
        "    return [1, 2]"
    )
    assert "True\n0o700 []" in score(text).log.decode()


HOST = """
import ctypes, os, subprocess, sys
from scoring.process.processes import protect_host
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
# As a process is that never was root.
ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
if sys.argv[1] == "protected":
    protect_host()
done = subprocess.run(["sh", "-c", "cat /proc/$PPID/environ"], capture_output=True, text=True)
print("canary" in done.stdout)
"""


@pytest.mark.parametrize(("how", "seen"), [("protected", "False\n"), ("as it is", "True\n")])
def test_a_scorer_cannot_read_the_hosts_environment(how, seen):
    """Not where both are root, whom nothing is kept from; so the host here is somebody else."""
    done = subprocess.run(
        [sys.executable, "-c", HOST, how],
        cwd=Path(__file__).resolve().parents[3],
        env={"SECRET": "canary", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == seen, done.stderr


def test_a_scratch_folder_that_is_somebody_elses(tmp_path):
    folder = tmp_path / "scratch"
    make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(PermissionError, match="belongs to the user"):
        make_private(tmp_path / "link")


def test_a_link_among_written_files_is_not_followed(tmp_path, app):
    secret = tmp_path / "secret"
    secret.write_text("canary")

    def write(request):
        (request.output_dir / "plain.txt").write_text("data")
        (request.output_dir / "link.txt").symlink_to(secret)
        (request.output_dir / "folder").symlink_to(tmp_path)
        return ScoreResult(b"", 1, None, (), b"", 0.01)

    app.pool.score_with = write
    app.endpoint(output_action="summary_only")
    name = app.invoke(app.inputs(1)).document["name"]
    assert app.run_jobs() == ["Completed"]
    outputs = app.call("GET", f"jobs/{name}/outputs").document["value"]
    assert "plain.txt" in {item["name"] for item in outputs}
    assert not any("link" in item["name"] or "folder" in item["name"] for item in outputs)
