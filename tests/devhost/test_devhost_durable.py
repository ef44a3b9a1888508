"""Orchestrations written against azure-functions-durable 1.x, in a running host."""

import json

from tests.devhost.running import RunningHost
from tests.waiting import wait_for


def test_a_sliding_window_sees_each_result_once(host: RunningHost) -> None:
    status = host.run("window", "window-1", {"count": 25, "width": 8})

    assert status["runtimeStatus"] == "Completed"
    assert status["output"] == {"total": 600, "parent": None}
    assert status["customStatus"] == {"total": 600}


def test_sub_orchestrations_know_their_parent_and_are_listed(host: RunningHost) -> None:
    status = host.run("windows", "windows-1", 6)

    assert status["output"] == [120, "windows-1"]
    children = [f"windows-1-{n}" for n in range(6)]
    assert json.loads(host.client("list", "windows-1")) == ["windows-1", *children]


def test_a_failure_is_a_result_in_task_any_and_raised_when_yielded(host: RunningHost) -> None:
    status = host.run("failures", "failures-1")

    is_same, state, is_exception, message, is_raised, fails_fast, sub, empty = status["output"]
    assert (is_same, state, is_exception, is_raised) == (True, "TaskState.FAILED", True, True)
    reason, details = message.split(" \n ", 1)
    assert reason == "Activity function 'fail' failed:  ValueError: no tea today"
    assert json.loads(details)["Message"] == " ValueError: no tea today"
    assert fails_fast
    assert sub.startswith("Orchestrator function 'fails' failed:")
    assert "no now today" in sub
    assert empty is None


def test_an_orchestrator_that_raises_fails_with_its_message(host: RunningHost) -> None:
    status = host.run("fails", "fails-1", "luck")

    assert status["runtimeStatus"] == "Failed"
    assert status["output"].startswith("Orchestrator function 'fails' failed: Activity function")
    assert "no luck today" in status["output"]


def test_an_activity_is_retried_as_often_as_its_options_say(host: RunningHost) -> None:
    status = host.run("retries", "retries-1")

    assert status["output"] == [
        3,
        "Activity function 'fail' failed:  ValueError: no luck today ",
    ]


def test_what_an_execution_left_behind_does_not_reach_the_next_one(host: RunningHost) -> None:
    status = host.run("rounds", "rounds-1", {"round": 0, "seen": []})

    assert status["output"] == {"round": 3, "seen": [0, 2, 4]}


def test_an_event_arrives_as_the_text_that_the_python_client_posts(host: RunningHost) -> None:
    url = host.start("approval", "approval-1")
    host.client("event", "approval-1")

    assert host.wait_for_end(url)["output"] == '{"ok": true}'


def test_a_running_orchestration_is_not_replaced_and_an_ended_one_is(host: RunningHost) -> None:
    url = host.start("approval", "approval-2")

    refused = host.request("POST", "/api/start/approval/approval-2")
    assert refused.status == 409
    assert refused.body == (
        b"{'Message': 'An Orchestration instance with the status Running already exists.'}"
    )

    host.client("terminate", "approval-2")
    status = host.wait_for_end(url)
    assert (status["runtimeStatus"], status["output"]) == ("Terminated", "enough of it")

    assert host.request("POST", "/api/start/approval/approval-2").status == 202
    assert wait_for(lambda: host.status(url)["runtimeStatus"] == "Running")


def test_a_suspended_orchestration_waits_until_it_is_resumed(host: RunningHost) -> None:
    url = host.start("approval", "approval-3")
    host.client("suspend", "approval-3")
    wait_for(lambda: host.status(url)["runtimeStatus"] == "Suspended")
    host.client("event", "approval-3")
    host.client("resume", "approval-3")

    assert host.wait_for_end(url)["runtimeStatus"] == "Completed"


def test_an_unknown_orchestrator_is_refused_with_those_that_are_known(host: RunningHost) -> None:
    answer = host.request("POST", "/api/start/nonsense/n-1")

    assert b"The function 'nonsense' doesn't exist" in answer.body


def test_suspending_twice_is_an_error_as_in_azure(host: RunningHost) -> None:
    url = host.start("approval", "approval-4")
    host.client("suspend", "approval-4")
    wait_for(lambda: host.status(url)["runtimeStatus"] == "Suspended")

    refused = host.request("POST", f"{url}/suspend?reason=again")

    assert refused.status == 500
    assert "is in the Suspended state" in refused.json()["ExceptionMessage"]
    host.client("terminate", "approval-4")
    assert host.wait_for_end(url)["output"] == "enough of it"


def test_a_running_orchestration_is_not_purged(host: RunningHost) -> None:
    url = host.start("approval", "approval-5")

    refused = host.request("DELETE", url)

    assert refused.status == 412
    assert "has status" in refused.json()
    host.client("terminate", "approval-5")


def test_a_rewound_orchestration_tries_what_failed_again(host: RunningHost) -> None:
    url = host.start("fails_once", "rewind-1")
    assert host.wait_for_end(url)["runtimeStatus"] == "Failed"

    assert host.request("POST", f"{url}/rewind?reason=again").status == 202

    status = wait_for(lambda: (s := host.status(url))["runtimeStatus"] == "Completed" and s)
    assert status["output"] == [6, 2]


def test_an_unknown_function_leaves_the_orchestration_waiting_and_is_logged(
    host: RunningHost,
) -> None:
    url = host.start("calls_nobody", "nobody-1")
    warning = "Orchestrator calls_nobody (nobody-1): the function 'nobody' doesn't exist"
    wait_for(lambda: warning in host.log.read_text())

    assert host.status(url)["runtimeStatus"] == "Running"
    host.client("terminate", "nobody-1")


def test_the_log_warns_of_a_window_that_azure_runs_one_by_one(host: RunningHost) -> None:
    host.run("window", "warned-1", {"count": 5, "width": 2})

    wait_for(lambda: "task_any over several calls" in host.log.read_text())


def test_a_history_is_shown_with_results_on_demand(host: RunningHost) -> None:
    url = host.start("sum_up", "shown-1", [1, 2])
    host.wait_for_end(url)

    events = host.status(f"{url}?showHistory=true&showHistoryOutput=true")["historyEvents"]
    without = host.status(f"{url}?showHistory=true&showInput=false")["historyEvents"]

    kinds = ["ExecutionStarted", "TaskCompleted", "TaskCompleted", "ExecutionCompleted"]
    assert [event["EventType"] for event in events] == kinds
    assert [event.get("Result") for event in events[1:]] == [2, 4, 6]
    assert events[1]["FunctionName"] == "double"
    assert not any("Result" in event or "Input" in event for event in without)


def test_a_purged_orchestration_is_gone(host: RunningHost) -> None:
    host.run("window", "purge-1", {"count": 1, "width": 1})

    shown = json.loads(host.client("status", "purge-1"))
    assert shown["input"] == '{"count": 1, "width": 1}'
    assert host.client("purge", "purge-1") == "1"
    assert host.client("status", "purge-1") == "none"
    assert host.client("purge", "purge-1") == "0"


def test_orchestrations_are_purged_by_time_and_status(host: RunningHost) -> None:
    before = host.run("window", "before-1", {"count": 1, "width": 1})["createdTime"]
    wait_for(lambda: host.run("window", "later-1", {"count": 0})["createdTime"] > before)
    host.client("purge", "later-1")
    for number in (1, 2):
        host.run("window", f"since-{number}", {"count": 1, "width": 1})
    host.start("approval", "since-3")

    assert host.client("purge-since", "since-1") == "2"
    assert host.client("status", "since-2") == "none"
    assert json.loads(host.client("status", "before-1"))["runtimeStatus"] == "Completed"
    assert json.loads(host.client("status", "since-3"))["instanceId"] == "since-3"
    host.client("terminate", "since-3")


def test_an_ended_orchestration_restarts_with_its_input(host: RunningHost) -> None:
    url = host.start("window", "again-1", {"count": 3, "width": 1})
    host.wait_for_end(url)

    answer = host.request("POST", f"{url}/restart")

    assert answer.status == 202
    assert host.wait_for_end(answer.headers["Location"])["output"]["total"] == 6


def test_the_management_api_wants_its_key(host: RunningHost) -> None:
    url = host.start("window", "key-1", {"count": 1, "width": 1})
    key = url.split("/")[6]

    assert host.request("GET", url.replace(key, "guessed")).status == 404
    assert host.request("POST", f"{url}/dance").status == 404
