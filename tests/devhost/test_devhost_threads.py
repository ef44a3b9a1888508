"""The pool of threads of a worker."""

import threading
from collections.abc import Iterator

import pytest

from devhost.workers.threads import Threads, pool_size
from tests.waiting import wait_for


@pytest.fixture
def pool() -> Iterator[Threads]:
    threads = Threads(3)
    yield threads
    threads.stop()


def test_no_more_work_runs_at_once_than_there_are_threads(pool: Threads) -> None:
    go_on, running, most, lock = threading.Event(), [0], [0], threading.Lock()
    done: list[int] = []

    def work(number: int) -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        go_on.wait(10)
        with lock:
            running[0] -= 1
            done.append(number)

    for number in range(8):
        pool.submit(lambda n=number: work(n))
    wait_for(lambda: running[0] == 3)
    go_on.set()
    wait_for(lambda: len(done) == 8)

    assert most[0] == 3


def test_one_thread_takes_work_in_its_order() -> None:
    single, order = Threads(1), list[int]()
    for number in range(20):
        single.submit(lambda n=number: order.append(n))
    wait_for(lambda: len(order) == 20)
    single.stop()

    assert order == list(range(20))


def test_work_that_submits_more_is_followed_by_all_of_it(pool: Threads) -> None:
    done, lock = list[int](), threading.Lock()

    def work(depth: int) -> None:
        with lock:
            done.append(depth)
        if depth:
            for _ in range(3):
                pool.submit(lambda: work(depth - 1))

    pool.submit(lambda: work(4))
    wait_for(lambda: len(done) == sum(3**n for n in range(5)))


def test_work_that_submits_two_has_them_at_once(pool: Threads) -> None:
    meeting = threading.Barrier(2, timeout=10)
    met: list[int] = []

    def meet() -> None:
        met.append(meeting.wait())

    def work() -> None:
        pool.submit(meet)
        pool.submit(meet)

    pool.submit(work)
    wait_for(lambda: len(met) == 2)


def test_a_stopped_pool_takes_no_work(pool: Threads) -> None:
    pool.stop()
    pool.submit(lambda: pytest.fail("it runs"))


def test_the_size_is_the_settings_or_the_workers_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.delenv("PYTHON_THREADPOOL_THREAD_COUNT", raising=False)
    assert pool_size() == 6

    monkeypatch.setenv("PYTHON_THREADPOOL_THREAD_COUNT", "24")
    assert pool_size() == 24
