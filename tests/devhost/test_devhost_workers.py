"""The app in several processes."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from devhost.stack.processes import start_time
from tests.devhost.running import RunningHost, start_host, stop_host
from tests.waiting import wait_for

PROCESSES = 3


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    running = start_host(tmp_path_factory.mktemp("several"), workers=PROCESSES)
    yield running
    assert stop_host(running) == 0


def pids(host: RunningHost) -> set[int]:
    answers = [host.request("GET", "/api/process").json() for _ in range(3 * PROCESSES)]
    assert {answer["workers"] for answer in answers} == {str(PROCESSES)}
    return {answer["pid"] for answer in answers}


def test_calls_go_to_all_processes_and_the_app_knows_their_number(several: RunningHost) -> None:
    found = pids(several)

    assert len(found) == PROCESSES
    assert several.process.pid not in found


def test_one_process_is_the_host_itself(host: RunningHost) -> None:
    answer = host.request("GET", "/api/process").json()

    assert answer == {"pid": host.process.pid, "workers": "1", "length": 0}


def test_sync_and_async_functions_orchestrations_and_failures_work(several: RunningHost) -> None:
    assert several.request("GET", "/api/items/first").body == b"the literal"
    assert several.request("GET", "/api/broken").status == 500
    assert several.run("windows", "windows-1", 6)["output"] == [120, "windows-1"]
    assert several.run("retries", "retries-1")["runtimeStatus"] in {"Completed", "Failed"}
    assert "no luck today" in several.run("fails", "fails-1", "luck")["output"]


def test_large_bodies_travel(several: RunningHost) -> None:
    body = b"x" * 30_000_000

    answer = several.request("POST", "/api/process", body, **{"Content-Type": "text/plain"})

    assert answer.json()["length"] == len(body)


def test_a_process_that_dies_fails_what_it_has_in_hand_and_is_replaced(
    several: RunningHost,
) -> None:
    before = pids(several)

    assert several.request("POST", "/api/crash").status == 500

    after = wait_for(lambda: len(found := pids(several)) == PROCESSES and found)
    assert len(after - before) == 1
    assert "A worker process has ended" in several.log.read_text()


def test_an_activity_whose_process_dies_has_failed(several: RunningHost) -> None:
    message, doubled = several.run("survives", "survives-1")["output"]

    assert "Activity function 'die' failed:" in message
    assert "The worker process has ended with code -9" in message
    assert doubled == 8


def test_a_host_that_is_killed_leaves_no_processes(tmp_path: Path) -> None:
    killed = start_host(tmp_path, workers=PROCESSES)
    workers = pids(killed)

    killed.process.send_signal(signal.SIGKILL)
    killed.process.wait(10)

    wait_for(lambda: all(start_time(pid) is None for pid in workers))


def test_a_host_that_is_stopped_lets_each_process_clean_up(tmp_path: Path) -> None:
    stopped = start_host(tmp_path, workers=PROCESSES)

    assert stop_host(stopped) == 0
    assert stopped.log.read_text().count("cleaned up") == PROCESSES


def test_the_environment_decides_without_an_option(tmp_path: Path) -> None:
    chosen = start_host(tmp_path, workers=0, FUNCTIONS_WORKER_PROCESS_COUNT="2")
    answer = chosen.request("GET", "/api/process").json()

    assert (answer["workers"], answer["pid"] == chosen.process.pid) == ("2", False)
    assert stop_host(chosen) == 0


def test_an_app_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "function_app.py").write_text("x = 1")

    with pytest.raises(AssertionError, match="must have one FunctionApp"):
        start_host(tmp_path, tmp_path, workers=2)
