"""The durable engine's core: messages, ids and states beyond what is recorded of Azure."""

from datetime import timedelta
from typing import Any

import azure.durable_functions as df
import pytest

from devhost.durable.core import kept
from devhost.durable.core.hub import ExistsError
from devhost.durable.core.suspicions import Topic
from devhost.json_payloads import read_json
from tests.devhost.playing import Player

Context = df.DurableOrchestrationContext


def echo(value: Any) -> Any:
    return value


def fail(value: Any) -> Any:
    raise ValueError(value)


def player(*orchestrators: Any) -> Player:
    return Player({one.__name__: one for one in orchestrators}, {"echo": echo, "fail": fail})


def calls(context: Context):
    return (yield context.call_activity("echo", context.get_input()))


def waits(context: Context):
    first = yield context.wait_for_external_event("go")
    second = yield context.wait_for_external_event("go")
    return [first, second]


def parent(context: Context):
    try:
        return (yield context.call_sub_orchestrator("calls", 1, "child"))
    except Exception as error:  # noqa: BLE001
        return str(error)


def same_id_twice(context: Context):
    children = [context.call_sub_orchestrator("calls", n, "child") for n in range(2)]
    return (yield context.task_all(children))


def test_a_value_travels_as_json() -> None:
    playing = player(calls)
    for number, value in enumerate([{"a": [1, "é"]}, "text", None, 1.0, True]):
        playing.start("calls", f"i{number}", value)
        playing.play()
        assert playing.status(f"i{number}") == ("Completed", value)


def test_completions_that_come_while_the_orchestrator_runs_are_for_its_next_episode() -> None:
    def two(context: Context):
        return (yield context.task_all([context.call_activity("echo", n) for n in range(2)]))

    playing = player(two)
    playing.start("two")
    playing.run_episode()
    playing.complete()
    episode = playing.hub.next_episode()
    playing.complete()

    assert episode is not None
    assert playing.hub.next_episode() is None
    assert [e["EventType"] for e in read_json(episode.request)["history"][-2:]] == [12, 5]


def test_each_event_goes_to_one_who_waits() -> None:
    playing = player(waits)
    playing.start("waits")
    for data in ("1", "2"):
        playing.run_episodes()
        playing.hub.raise_event("root", "go", data)
    playing.run_episodes()

    assert playing.status() == ("Completed", [1, 2])


def test_a_running_orchestration_is_not_replaced_and_an_ended_one_is() -> None:
    playing = player(calls)
    playing.start("calls", value=1)
    with pytest.raises(ExistsError, match="with the status Pending already exists"):
        playing.start("calls", value=2)
    playing.play()

    playing.start("calls", value=3)
    playing.play()

    orchestration = playing.hub.find("root")
    assert orchestration is not None
    assert playing.status() == ("Completed", 3)
    assert orchestration.start.generation == 1


def test_results_for_an_ended_or_forgotten_orchestration_are_dropped() -> None:
    playing = player(calls)
    playing.start("calls")
    playing.run_episodes()
    playing.hub.terminate("root", "enough")
    playing.run_episodes()

    playing.complete()
    playing.run_episodes()
    assert playing.status() == ("Terminated", "enough")

    playing.hub.purge("root")
    playing.hub.terminate("root", "again")
    assert playing.hub.next_episode() is None


def test_a_terminated_child_fails_its_parent_and_a_terminated_parent_leaves_its_child() -> None:
    playing = player(parent, calls)
    playing.start("parent")
    playing.run_episodes()
    playing.hub.terminate("child", "of no use")
    playing.run_episodes()
    assert playing.status() == ("Completed", "of no use \n None")

    playing.start("parent", "other")
    playing.run_episodes()
    playing.hub.terminate("other", "enough")
    playing.play()
    assert playing.status("child") == ("Completed", 1)
    assert playing.status("other") == ("Terminated", "enough")


def test_two_children_of_one_id_are_one_and_the_log_says_so() -> None:
    playing = player(same_id_twice, calls)
    playing.start("same_id_twice")
    playing.play()

    assert playing.status()[0] == "Running"
    assert [remark.topic for remark in playing.remarks] == [Topic.DUPLICATE]


def test_a_suspended_orchestration_decides_nothing() -> None:
    playing = player(calls)
    playing.start("calls", value=1)
    playing.hub.suspend("root", "a pause")
    playing.run_episodes()
    assert (playing.status(), playing.pending) == (("Suspended", "a pause"), [])

    playing.hub.resume("root", "on")
    playing.play()
    assert playing.status() == ("Completed", 1)


def test_a_terminated_orchestration_ends_though_it_is_suspended() -> None:
    playing = player(calls)
    playing.start("calls")
    playing.run_episodes()
    playing.hub.suspend("root", "a pause")
    playing.run_episodes()
    playing.hub.terminate("root", "enough")
    playing.run_episodes()

    assert playing.status() == ("Terminated", "enough")


def test_a_rewound_orchestration_calls_what_failed_again_in_its_children_too() -> None:
    def child(context: Context):
        kept = yield context.call_activity("echo", 1)
        return [kept, (yield context.call_activity("moody"))]

    def caller(context: Context):
        return (yield context.call_sub_orchestrator("child"))

    moods = iter([ValueError("no"), "yes"])

    def moody(_: Any) -> Any:
        if isinstance(mood := next(moods), ValueError):
            raise mood
        return mood

    playing = Player({"child": child, "caller": caller}, {"echo": echo, "moody": moody})
    playing.start("caller")
    playing.play()
    assert playing.status()[0] == "Failed"

    playing.hub.rewind("root", "once more")
    playing.play()
    assert playing.status() == ("Completed", [1, "yes"])


def test_a_replay_that_contradicts_the_history_fails() -> None:
    changes = iter(["echo", "fail", "echo"])

    def fickle(context: Context):
        yield context.call_activity(next(changes))

    playing = player(fickle)
    playing.start("fickle")
    playing.play()

    ended, output = playing.status()
    assert ended == "Failed"
    assert output.startswith("Non-Deterministic workflow detected: A previous execution")
    assert "named 'echo'" in output or "name 'echo'" in output
    assert [remark.topic for remark in playing.remarks] == [Topic.NON_DETERMINISM]


def test_actions_that_this_engine_does_not_do_fail_the_orchestration() -> None:
    def signals(context: Context):
        yield context.call_http("GET", "http://localhost")

    playing = player(signals)
    playing.start("signals")
    playing.play()

    ended, output = playing.status()
    assert ended == "Failed"
    assert output.endswith("this host does not do actions of type 8")


def test_an_orchestrator_sees_its_version_and_its_parent() -> None:
    def shown(context: Context):
        return [context.version, context.parent_instance_id]

    def above(context: Context):
        return (yield context.call_sub_orchestrator("shown"))

    playing = player(shown, above)
    playing.hub.start("shown", "one", None, "2.0")
    playing.start("above", "two")
    playing.play()

    assert playing.status("one")[1] == ["2.0", None]
    assert playing.status("two")[1] == [None, "two"]


def test_a_timer_of_days_is_split() -> None:
    def patient(context: Context):
        yield context.create_timer(context.current_utc_datetime + timedelta(days=7))
        return "at last"

    playing = player(patient)
    playing.start("patient")
    playing.run_episodes()
    history = playing.hub.find("root")

    assert history is not None
    (created,) = (event for event in history.history if event.type.name == "TIMER_CREATED")
    assert created.fields["FireAt"].startswith("2026-03-09")


def test_ended_orchestrations_and_histories_are_kept_in_a_bounded_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "KEPT_FINISHED", 3)
    monkeypatch.setattr(kept, "KEPT_HISTORIES", 1)
    playing = player(parent, calls)
    for number in range(5):
        playing.start("calls", f"i{number}")
        playing.play()
    playing.start("parent", "with-child")
    playing.play()

    shown = {one.start.execution.instance_id: bool(one.history) for one in playing.hub}
    assert shown == {"i3": False, "i4": False, "with-child": True, "child": True}
