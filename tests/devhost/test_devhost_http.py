"""HTTP triggers, settings, timers and the end of a running host."""

import http.client
import json
import time

from tests.devhost.running import RunningHost, start_host, stop_host
from tests.waiting import wait_for


def test_a_sync_function_gets_the_whole_request_in_a_thread(host: RunningHost) -> None:
    answer = host.request("POST", "/api/items/7?a=1&a=2&b=%20", b"text", **{"X-Sample": "yes"})

    assert answer.status == 201
    assert answer.headers["X-Out"] == "1"
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert document.pop("thread").startswith("function_")
    assert document == {
        "method": "POST",
        "url": f"{host.url}/api/items/7?a=1&a=2&b=%20",
        "id": "7",
        "query": {"a": "1,2", "b": " "},
        "header": "yes",
        "body": "text",
        "function": "item",
    }


def test_the_first_function_by_name_serves_a_path_that_two_match(host: RunningHost) -> None:
    assert host.request("GET", "/api/items/first").body == b"the literal"
    assert host.request("GET", "/api/items/second").body == b"the parameter"


def test_empty_parameters_of_a_query_are_dropped(host: RunningHost) -> None:
    answer = host.request("GET", "/api/items/7?a=&b=1&c")

    assert answer.json()["query"] == {"b": "1"}


def test_a_body_of_unknown_length_is_empty(host: RunningHost) -> None:
    connection = http.client.HTTPConnection(host.url.removeprefix("http://"))
    connection.request("POST", "/api/items/7", body=iter([b"a", b"b"]), encode_chunked=True)
    with connection.getresponse() as response:
        document = json.loads(response.read())
    connection.close()

    assert document["body"] == ""


def test_a_path_may_hold_a_line_break(host: RunningHost) -> None:
    answer = host.request("GET", "/api/files/a%0Ab")

    assert answer.body == b"a\nb"


def test_a_catch_all_gets_the_rest_of_the_path(host: RunningHost) -> None:
    assert host.request("GET", "/api/files/a/b%20c/d.txt").body == b"a/b c/d.txt"


def test_what_no_route_matches_is_not_found(host: RunningHost) -> None:
    assert host.request("GET", "/api/item/7").status == 404
    assert host.request("DELETE", "/api/items/7").status == 404
    assert host.request("GET", "/items/7").status == 404


def test_a_function_that_raises_is_an_opaque_500_with_a_log(host: RunningHost) -> None:
    answer = host.request("GET", "/api/broken")

    assert (answer.status, answer.body) == (500, b"")
    assert "the secret reason" in host.log.read_text()


def test_the_functions_are_listed_and_what_is_not_served_is_named(host: RunningHost) -> None:
    log = host.log.read_text()

    assert f"item: [GET,POST] {host.url}/api/items/{{id:int}}" in log
    assert "Function not_served is not served: this host has no queueTrigger" in log
    assert f"Host ready at {host.url}" in log


def test_a_timer_runs_at_the_start_and_when_it_is_due(tmp_path) -> None:
    timed = start_host(tmp_path, TICK_SCHEDULE="* * * * * *")
    try:
        wait_for(lambda: int(timed.request("GET", "/api/ticks").body) >= 2)
    finally:
        stop_host(timed)


def test_the_host_stops_fast_though_an_activity_and_an_orchestration_run(tmp_path) -> None:
    stopping = start_host(tmp_path)
    stopping.start("approval", "waiting")
    stopping.start("sleepy", "sleeping")
    wait_for(lambda: "fell asleep" in stopping.log.read_text())

    started = time.monotonic()

    assert stop_host(stopping) == 0
    assert time.monotonic() - started < 20  # the activity sleeps for a minute
    assert "cleaned up" in stopping.log.read_text()
