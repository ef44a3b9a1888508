"""Requests and the starting of scorers do not wait for each other."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from scoring.pool import scorer_queue
from scoring.pool.pool import ScorerPool
from scoring.process.result import FailureCause, ScoreResult
from scoring.process.spec import InputFile, ScoreRequest, ScorerSpec

# What is in its folder tells each scorer whether to fail and when to go on.
SCRIPT = """
import os, pathlib, time
folder = pathlib.Path(os.environ['AZUREML_MODEL_DIR'])
def wait_for(gate):
    while (folder / gate).exists():
        time.sleep(0.005)
def init():
    print('loading', os.getpid())
    broken = (folder / 'broken').exists()
    (folder / 'begun' / str(os.getpid())).touch()
    wait_for('init')
    if broken:
        raise ValueError('no model')
def run(batch):
    if batch[0].endswith('long'):
        wait_for('run')
    if batch[0].endswith('fatal'):
        os._exit(1)
    return [os.getpid()]
"""


class Deployment:
    """Scorers of one key, and what holds them up."""

    def __init__(self, pool: ScorerPool, spec: ScorerSpec, threads: ThreadPoolExecutor) -> None:
        self.pool = pool
        self.canceled = threading.Event()
        self._spec = spec
        self._threads = threads
        self._folder = spec.model_dir
        (self._folder / "begun").mkdir(parents=True)

    def score(
        self, name: str = "short", slots: int = 2, max_wait: float = 60
    ) -> Future[ScoreResult]:
        request = ScoreRequest([InputFile(name, b"")], "append_row", 60)
        settings = {"slots": slots, "canceled": self.canceled, "max_wait": max_wait}
        return self._threads.submit(self.pool.score, self._spec, request, **settings)

    def put(self, *names: str) -> None:
        """Holds scorers up at `init` or `run`, or makes those that begin `broken`."""
        for name in names:
            (self._folder / name).touch()

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()

    @property
    def begun(self) -> set[int]:
        """The processes of all scorers that ever began to load."""
        return {int(path.name) for path in (self._folder / "begun").iterdir()}

    def until_begun(self, count: int) -> None:
        until(lambda: len(self.begun) >= count)

    def until_running(self, count: int) -> None:
        until(lambda: self.pool._queue._in_use.total() == count)

    def until_waiting(self, count: int) -> None:
        until(lambda: len(self.pool._queue._waiting) == count)


@pytest.fixture
def make(tmp_path, script_spec) -> Iterator[Callable[..., Deployment]]:
    pools: list[ScorerPool] = []

    def deploy(key: str = "a", beside: Deployment | None = None, **settings) -> Deployment:
        pool = beside.pool if beside else ScorerPool(**({"max_scorers": 4} | settings))
        pools.append(pool)
        spec = script_spec(SCRIPT, key=key, model_dir=tmp_path / key)
        return Deployment(pool, spec, threads)

    with ThreadPoolExecutor(16) as threads:
        yield deploy
        for pool in pools:
            pool.close()


@pytest.fixture
def impatient(monkeypatch) -> None:
    """Further scorers are started at once."""
    monkeypatch.setattr(scorer_queue, "_PATIENCE", 0)
    monkeypatch.setattr(scorer_queue, "_LOADING_PATIENCE", 0)


@pytest.fixture
def patient(monkeypatch) -> None:
    """Further scorers are never started."""
    monkeypatch.setattr(scorer_queue, "_PATIENCE", 600)
    monkeypatch.setattr(scorer_queue, "_LOADING_PATIENCE", 600)


def until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not is_so():
        pause.wait(0.005)


def pid(call: Future[ScoreResult]) -> int:
    return int(call.result().rows)


def exists(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


@pytest.mark.usefixtures("impatient")
def test_a_loaded_scorer_serves_those_for_whom_another_is_being_started(make):
    deployment = make()
    loaded = pid(deployment.score())
    deployment.put("init", "run")
    long = deployment.score("long")
    deployment.until_running(1)
    others = [deployment.score() for _ in range(6)]
    deployment.until_begun(2)
    deployment.remove("run")
    assert {pid(call) for call in [long, *others]} == {loaded}
    deployment.remove("init")
    until(lambda: len(deployment.pool._queue._idle) == 2)
    deployment.pool.close()
    assert not any(exists(process) for process in deployment.begun)


@pytest.mark.usefixtures("impatient")
def test_a_started_scorer_serves_those_who_wait_for_a_loaded_one(make):
    deployment = make()
    loaded = pid(deployment.score())
    deployment.put("run")
    long = deployment.score("long")
    deployment.until_running(1)
    assert {pid(deployment.score()) for _ in range(3)} == deployment.begun - {loaded}
    assert not long.done()
    deployment.remove("run")
    assert pid(long) == loaded


@pytest.mark.usefixtures("patient")
def test_a_small_job_is_done_by_the_first_scorer(make):
    deployment = make()
    calls = [deployment.score() for _ in range(6)]
    assert {pid(call) for call in calls} == deployment.begun
    assert len(deployment.begun) == 1


def test_a_long_job_gets_all_its_slots(make):
    deployment = make()
    deployment.put("run")
    calls = [deployment.score("long", slots=3) for _ in range(6)]
    deployment.until_running(3)
    deployment.remove("run")
    assert {pid(call) for call in calls} <= deployment.begun
    assert len(deployment.begun) == 3


@pytest.mark.usefixtures("impatient")
def test_each_failed_start_fails_one_request(make):
    deployment = make()
    deployment.put("broken")
    errors = [call.exception() for call in [deployment.score() for _ in range(5)]]
    assert {error.cause for error in errors} == {FailureCause.INIT_FAILED}
    assert all("ValueError: no model" in error.traceback for error in errors)
    logs = {error.log for error in errors}
    assert len(logs) == 5
    assert logs <= {f"loading {process}\n".encode() for process in deployment.begun}


@pytest.mark.usefixtures("patient")
def test_others_go_on_after_a_failed_start(make):
    deployment = make()
    deployment.put("broken", "init")
    calls = [deployment.score() for _ in range(4)]
    deployment.until_begun(1)
    deployment.until_waiting(4)
    deployment.remove("broken")
    deployment.remove("init")
    failed = [call.exception() for call in calls if call.exception()]
    assert [error.cause for error in failed] == [FailureCause.INIT_FAILED]
    assert len(deployment.begun) == 2


@pytest.mark.usefixtures("impatient")
def test_a_scorer_that_does_not_load_beside_another_fails_nobody(make, caplog):
    deployment = make()
    loaded = pid(deployment.score())
    deployment.put("broken", "run")
    calls = [deployment.score("long"), *(deployment.score() for _ in range(5))]
    until(lambda: "could not be loaded" in caplog.text)
    deployment.remove("run")
    assert {pid(call) for call in calls} == {loaded}
    assert len(deployment.begun) == 2
    assert "ValueError: no model" in caplog.text


def test_a_scorer_that_does_not_load_again_fails_an_attempt(make):
    deployment = make()
    assert deployment.score("fatal").exception().cause is FailureCause.EXITED
    deployment.put("broken")
    assert deployment.score().exception().cause is FailureCause.RELOAD_FAILED
    deployment.remove("broken")
    assert pid(deployment.score()) in deployment.begun


def test_waiting_for_a_scorer_ends(make):
    deployment = make(max_scorers=1)
    deployment.put("run")
    long = deployment.score("long", slots=1)
    deployment.until_running(1)
    error = deployment.score(slots=1, max_wait=0.2).exception()
    assert error.cause is FailureCause.BUSY
    deployment.remove("run")
    assert pid(long) in deployment.begun


def test_a_scorer_that_is_being_started_is_waited_for_as_long_as_it_may_take(make):
    deployment = make()
    deployment.put("init")
    call = deployment.score(max_wait=0)
    deployment.until_begun(1)
    deployment.remove("init")
    assert {pid(call)} == deployment.begun


def test_starts_that_follow_each_other_are_not_waited_for_without_end(make):
    deployment = make(init_timeout=0.5)
    deployment.put("init")
    calls = [deployment.score(max_wait=0) for _ in range(3)]
    causes = {call.exception().cause for call in calls}
    assert FailureCause.BUSY in causes
    assert causes <= {FailureCause.INIT_FAILED, FailureCause.BUSY}


@pytest.mark.usefixtures("patient")
def test_who_cancels_does_not_wait_for_the_start_and_leaves_it_to_the_next(make):
    deployment = make()
    deployment.put("init")
    canceled = deployment.score()
    deployment.until_begun(1)
    deployment.canceled.set()
    assert canceled.exception().cause is FailureCause.CANCELED
    deployment.canceled.clear()
    following = deployment.score()
    deployment.remove("init")
    assert {pid(following)} == deployment.begun


def test_a_start_that_nobody_waits_for_makes_room_for_another_deployment(make):
    stuck = make("a", max_scorers=1)
    other = make("b", beside=stuck)
    stuck.put("init")
    canceled = stuck.score()
    stuck.until_begun(1)
    stuck.canceled.set()
    assert canceled.exception().cause is FailureCause.CANCELED
    assert {pid(other.score())} == other.begun
    assert not any(exists(process) for process in stuck.begun)


def test_each_start_has_its_own_time(make):
    deployment = make(max_scorers=1, init_timeout=0.5)
    deployment.put("init")
    errors = [call.exception() for call in [deployment.score(), deployment.score()]]
    assert all("init() took longer" in error.message for error in errors)


@pytest.mark.usefixtures("impatient")
def test_close_ends_scorers_that_are_being_started(make):
    deployment = make()
    deployment.put("init")
    calls = [deployment.score() for _ in range(4)]
    deployment.until_begun(2)
    deployment.pool.close()
    assert {call.exception().cause for call in calls} == {FailureCause.CANCELED}
    assert not any(exists(process) for process in deployment.begun)


def test_a_host_that_has_no_threads_left_fails_requests_and_recovers(make, monkeypatch):
    deployment = make()
    begin = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread._target == deployment.pool._start:
            raise RuntimeError("can't start new thread")
        begin(thread)

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        errors = [call.exception() for call in [deployment.score() for _ in range(3)]]
    assert all("can't start new thread" in error.message for error in errors)
    assert {pid(deployment.score())} == deployment.begun


@pytest.mark.usefixtures("impatient")
def test_everyone_is_answered_whatever_happens_at_the_same_time(make):
    first = make("a", max_scorers=2)
    deployments = [first, make("b", beside=first), make("c", beside=first)]
    chance = random.Random(7)
    calls: list[Future[ScoreResult]] = []
    for _ in range(90):
        deployment = chance.choice(deployments)
        calls.append(deployment.score(chance.choice(["short"] * 14 + ["fatal"])))
        if chance.random() < 0.05:
            deployment.canceled.set()
            deployment.canceled = threading.Event()
    errors = [call.exception() for call in calls]
    causes = {error.cause for error in errors if error is not None}
    assert causes <= {FailureCause.EXITED, FailureCause.CANCELED}
    assert errors.count(None) > 30
    until(lambda: not first.pool._queue.is_busy)
    first.pool.close()
    assert not any(exists(process) for each in deployments for process in each.begun)
