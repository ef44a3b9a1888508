"""Requests for scorers, and the end of the pool."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scoring.pool.pool import ScorerPool
from scoring.process.result import FailureCause, ScorerError
from scoring.process.spec import InputFile, ScoreRequest

REQUEST = ScoreRequest([InputFile("a.txt", b"a")], "append_row", 20)
PID = "import os\ndef run(b):\n    return [os.getpid()]"
SLEEP = "import time\ndef run(b):\n    print('asleep'); time.sleep(60)"


@pytest.fixture
def make_pool():
    pools: list[ScorerPool] = []

    def make(count: int, **settings) -> ScorerPool:
        pools.append(ScorerPool(count, **settings))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_an_idle_scorer_of_another_key_makes_room(make_pool, script_spec):
    pool = make_pool(1)
    first = int(pool.score(script_spec(PID, key="a"), REQUEST, slots=1).rows)
    second = int(pool.score(script_spec(PID, key="b"), REQUEST, slots=1).rows)
    assert first != second
    assert not exists(first)
    assert exists(second)


def test_no_more_run_at_once_than_slots_and_processes_allow(make_pool, script_spec, tmp_path):
    counted = tmp_path / "running"
    counted.mkdir()
    text = f"""
import os, pathlib
folder = pathlib.Path({str(counted)!r})
def run(b):
    mine = folder / str(os.getpid())
    mine.touch()
    seen = len(list(folder.iterdir()))
    for _ in range(200000): pass
    mine.unlink()
    return [[os.getpid(), seen]]
"""
    pool = make_pool(3)
    spec = script_spec(text)
    with ThreadPoolExecutor(8) as executor:
        calls = [executor.submit(pool.score, spec, REQUEST, slots=2) for _ in range(24)]
        rows = [call.result().rows.decode().strip().split(",") for call in calls]
    assert len({pid for pid, _ in rows}) <= 2
    assert max(int(seen) for _, seen in rows) <= 2


def test_a_scorer_that_died_while_idle_is_replaced(make_pool, script_spec):
    pool = make_pool(1)
    spec = script_spec(PID)
    first = int(pool.score(spec, REQUEST, slots=1).rows)
    os.kill(first, 9)
    while exists(first) and "Z" not in Path(f"/proc/{first}/stat").read_text().split(")")[1]:
        os.sched_yield()
    assert int(pool.score(spec, REQUEST, slots=1).rows) != first


def test_idle_scorers_end(make_pool, script_spec):
    pool = make_pool(1, idle_seconds=0.1)
    pid = int(pool.score(script_spec(PID), REQUEST, slots=1).rows)
    ended = threading.Event()
    while exists(pid):
        ended.wait(0.01)


def test_waiting_can_be_canceled(make_pool, script_spec):
    pool = make_pool(1)
    canceled, stop = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as executor:
        busy = executor.submit(pool.score, script_spec(SLEEP), REQUEST, slots=1, canceled=stop)
        while not pool._queue.is_busy:
            os.sched_yield()
        canceled.set()
        with pytest.raises(ScorerError, match="while waiting") as caught:
            pool.score(script_spec(PID, key="b"), REQUEST, slots=1, canceled=canceled)
        stop.set()
        assert busy.exception() is not None
    assert caught.value.cause is FailureCause.CANCELED


def test_close_cancels_what_runs_and_leaves_nothing(make_pool, script_spec, tmp_path):
    told = tmp_path / "pid"
    os.mkfifo(told)
    text = f"""
import os, time
def run(b):
    with open({str(told)!r}, 'w') as pipe: pipe.write(str(os.getpid()))
    time.sleep(60)
"""
    pool = make_pool(2)
    idle = int(pool.score(script_spec(PID, key="idle"), REQUEST, slots=1).rows)
    with ThreadPoolExecutor(1) as executor:
        running = executor.submit(pool.score, script_spec(text), REQUEST, slots=1)
        pid = int(told.read_text())
        pool.close()
        error = running.exception()
    assert isinstance(error, ScorerError)
    assert error.cause is FailureCause.CANCELED
    assert not exists(pid)
    assert not exists(idle)
    with pytest.raises(ScorerError):
        pool.score(script_spec(PID), REQUEST, slots=1)


def test_warm_starts_a_scorer(make_pool, script_spec):
    pool = make_pool(1)
    pool.warm(script_spec(PID))
    with pytest.raises(ScorerError) as caught:
        pool.warm(script_spec("raise ValueError", key="bad"))
    assert caught.value.cause is FailureCause.INIT_FAILED
