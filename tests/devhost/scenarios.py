"""Orchestrators for which Azure's histories are recorded, one for each thing that may go wrong.

They call one activity, `act`. Its input tells how it behaves: it answers `n`, takes `ms`
milliseconds, and fails in its first `fail` calls.
"""

import json
from collections import Counter
from collections.abc import Generator
from datetime import timedelta
from typing import Any

import azure.durable_functions as df

Context = df.DurableOrchestrationContext
Tasks = Generator[Any, Any, Any]

THRICE = df.RetryOptions(2000, 3)
TWICE = df.RetryOptions(1000, 2)


class Activities:
    """The activity, which counts its calls."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, int]] = Counter()

    def act(self, text: str | None) -> int:
        work = json.loads(text or "null")
        key = (work["run"], work["n"])
        self._calls[key] += 1
        if self._calls[key] <= work.get("fail", 0):
            raise ValueError(f"call {self._calls[key]} of {work['n']} fails")
        return work["n"]


def work(context: Context, n: int, **behaviour: int) -> dict[str, Any]:
    return {"run": context.get_input()["run"], "n": n, **behaviour}


def call(context: Context, n: int, **behaviour: int) -> Any:
    return context.call_activity("act", work(context, n, **behaviour))


def call_thrice(context: Context, n: int, **behaviour: int) -> Any:
    return context.call_activity_with_retry("act", THRICE, work(context, n, **behaviour))


def soon(context: Context, **later: float) -> Any:
    return context.create_timer(context.current_utc_datetime + timedelta(**later))


def beginning(error: Exception) -> str:
    return str(error)[:40]


def nothing(context: Context) -> Tasks:
    return None
    yield


def one_after_another(context: Context) -> Tasks:
    results = []
    for n in (0, 1, 2):
        results.append((yield call(context, n)))  # noqa: PERF401 - a comprehension cannot yield
    return results


def status(context: Context) -> Tasks:
    for n in (0, 1):
        context.set_custom_status({"at": n})
        yield call(context, n)


def raises(context: Context) -> Tasks:
    yield call(context, 0)
    raise RuntimeError("the orchestrator itself is at fault")


def raises_at_once(context: Context) -> Tasks:
    raise RuntimeError("at once")
    yield


def not_caught(context: Context) -> Tasks:
    yield call(context, 0, fail=9)


def retried(context: Context) -> Tasks:
    return [(yield call_thrice(context, 0, fail=1)), (yield call(context, 1))]


def retried_in_vain(context: Context) -> Tasks:
    told = ""
    try:
        yield call_thrice(context, 0, fail=9)
    except Exception as error:  # noqa: BLE001
        told = beginning(error)
    return [told, (yield call(context, 1))]


def all_at_once(context: Context) -> Tasks:
    together = yield context.task_all([call(context, n, ms=400 - 100 * n) for n in range(4)])
    return [*together, (yield call(context, 9))]


def all_with_a_retry(context: Context) -> Tasks:
    calls = [call_thrice(context, n, ms=50, fail=1 if n == 1 else 0) for n in range(4)]
    together = yield context.task_all(calls)
    return [*together, (yield call(context, 9))]


def all_with_a_failure(context: Context) -> Tasks:
    told = "none"
    calls = [call(context, 0, fail=9), call(context, 1, ms=2000), call(context, 2)]
    try:
        yield context.task_all(calls)
    except Exception as error:  # noqa: BLE001
        told = beginning(error)
    return [told, (yield call(context, 9))]


def one_gives_up(context: Context) -> Tasks:
    told = "none"
    calls = [call_thrice(context, 0, fail=9), call_thrice(context, 1, ms=1500, fail=2)]
    try:
        yield context.task_all(calls)
    except Exception as error:  # noqa: BLE001
        told = beginning(error)
    return [told, (yield call(context, 9))]


def timer(context: Context) -> Tasks:
    before = yield call(context, 0)
    yield soon(context, seconds=2)
    return [before, (yield call(context, 1))]


def long_timer(context: Context) -> Tasks:
    yield soon(context, days=8)


def again(context: Context) -> Tasks:
    state = context.get_input()
    turn = state.get("turn", 0)
    result = yield call(context, turn)
    if turn == 2:
        return result
    context.continue_as_new({**state, "turn": turn + 1})
    return None


def again_raises(context: Context) -> Tasks:
    state = context.get_input()
    if "second" in state:
        return "second"
    yield call(context, 1)
    context.continue_as_new({**state, "second": True})
    raise ValueError("after it")


def no_generator(context: Context) -> Any:
    context.set_custom_status("x")
    state = context.get_input()
    if "second" in state:
        return 7
    return context.continue_as_new({**state, "second": True})


def child(context: Context) -> Tasks:
    state = context.get_input()
    fail, results = state.get("fail", {}), []
    for n in state["numbers"]:
        result = yield call_thrice(context, n, ms=20, fail=fail.get(str(n), 0))
        results.append(result)
    return results


def _three_children(context: Context, fail: int) -> list[Any]:
    run = context.get_input()["run"]
    inputs = [{"run": run, "numbers": [k, 10 + k], "fail": {"11": fail}} for k in range(3)]
    return [context.call_sub_orchestrator("child", one) for one in inputs]


def children(context: Context) -> Tasks:
    return (yield context.task_all(_three_children(context, 1)))


def a_child_fails(context: Context) -> Tasks:
    told = "none"
    try:
        yield context.task_all(_three_children(context, 9))
    except Exception as error:  # noqa: BLE001
        told = beginning(error)
    return [told, (yield call(context, 99))]


def failing_child(context: Context) -> Tasks:
    state = context.get_input()
    yield call(context, state["n"], fail=state["fail"])
    return "well"


def child_retried(context: Context) -> Tasks:
    state, told = context.get_input(), ""
    first = yield context.call_sub_orchestrator_with_retry(
        "failing_child", TWICE, {**state, "n": 1, "fail": 1}
    )
    named = f"{context.instance_id}-named"
    try:
        yield context.call_sub_orchestrator_with_retry(
            "failing_child", TWICE, {**state, "n": 2, "fail": 9}, named
        )
    except Exception as error:  # noqa: BLE001
        told = beginning(error)
    return [first, told, (yield call(context, 3))]


def same_child_again(context: Context) -> Tasks:
    state, results = context.get_input(), []
    for n in range(2):
        value = {**state, "n": n, "fail": 0}
        same = f"{context.instance_id}-same"
        results.append((yield context.call_sub_orchestrator("failing_child", value, same)))
    return results


def lane(context: Context) -> Tasks:
    state = context.get_input()
    first = state.get("turn", 0)
    for turn in range(first, first + 2):
        if turn >= state["turns"]:
            return turn
        number = 100 * state["lane"] + turn
        yield call_thrice(context, number, ms=20, fail=1 if turn == 3 else 0)
    context.continue_as_new({**state, "turn": first + 2})
    return None


def lanes(context: Context) -> Tasks:
    run = context.get_input()["run"]
    inputs = [{"run": run, "lane": k, "turns": 5 + k} for k in range(3)]
    turns = yield context.task_all([context.call_sub_orchestrator("lane", one) for one in inputs])
    return [*turns, (yield call(context, 999))]


def _slide(context: Context, make: Any, failing: int | None) -> Tasks:
    """Keeps four of twelve calls under way, as far as the code reads."""
    under_way: list[Any] = []
    for n in range(12):
        under_way.append(make(context, n, ms=30, fail=1 if n == failing else 0))
        if len(under_way) == 4:
            under_way.remove((yield context.task_any(under_way)))
    while under_way:
        under_way.remove((yield context.task_any(under_way)))


def window(context: Context) -> Tasks:
    yield from _slide(context, call, None)
    return (yield call(context, 99))


def window_with_a_retry(context: Context) -> Tasks:
    yield from _slide(context, call_thrice, 2)
    return (yield call(context, 99))


def first_of_two(context: Context) -> Tasks:
    slow, pause = call(context, 0, ms=1500), soon(context, seconds=30)
    if is_slow := (yield context.task_any([slow, pause])) is slow:
        pause.cancel()
    return [is_slow, (yield call(context, 1))]


def any_then_all(context: Context) -> Tasks:
    calls = [call(context, 0, ms=300), call(context, 1, ms=800)]
    first = yield context.task_any(calls)
    return [first is calls[0], (yield context.task_all([*calls, call(context, 2)]))]


def any_all(context: Context) -> Tasks:
    two = context.task_all([call(context, 0, ms=300), call(context, 1, ms=600)])
    one = context.task_all([call(context, 2, ms=1200)])
    first = yield context.task_any([two, one])
    return [first is two, (yield one)]


def event(context: Context) -> Tasks:
    before = yield call(context, 0)
    told = yield context.wait_for_external_event("go")
    return [before, told, (yield call(context, 1))]


def approved(context: Context) -> Tasks:
    told = context.wait_for_external_event("go")
    pause = soon(context, seconds=20)
    if is_told := (yield context.task_any([told, pause])) is told:
        pause.cancel()
    return [is_told, told.result, (yield call(context, 1))]


def not_approved(context: Context) -> Tasks:
    told = context.wait_for_external_event("go")
    winner = yield context.task_any([told, soon(context, seconds=1)])
    return [winner is told, (yield call(context, 1))]


def carried(context: Context) -> Tasks:
    state = context.get_input()
    seen = state.get("seen", [])
    if len(seen) == 2:
        return seen
    yield call(context, len(seen), ms=700)
    told = yield context.wait_for_external_event("x")
    context.continue_as_new({**state, "seen": [*seen, told]})
    return None


def handed_on(context: Context) -> Tasks:
    state = context.get_input()
    if "second" in state:
        return (yield context.wait_for_external_event("x"))
    yield call(context, 0, ms=1000)
    context.continue_as_new({**state, "second": True})
    return None


def told_early(context: Context) -> Tasks:
    yield call(context, 0, ms=1000)
    told = yield context.wait_for_external_event("x")
    return [told, (yield call(context, 1))]


def unknown(context: Context) -> Tasks:
    yield context.call_activity("nobody", 1)


def paused(context: Context) -> Tasks:
    return [(yield call(context, 0, ms=1500)), (yield call(context, 1))]


def guid(context: Context) -> Tasks:
    one = context.new_guid()
    yield call(context, 1)
    return [one != context.new_guid()]
