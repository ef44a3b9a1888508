"""Starts the jobs of due schedules, and stores the outcomes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.errors import InvalidError
from shared.schedules.cron import CronTrigger
from shared.schedules.documents import read_schedule
from shared.schedules.model import (
    LATE,
    MAX_COUNTED,
    RUNS_KEPT,
    MissedRuns,
    PendingRun,
    RunOutcome,
    ScheduleRun,
    ScheduleState,
    advance,
)
from shared.schedules.trigger_time import fill

HOURLY = CronTrigger("0 * * * *")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATE = ScheduleState(NOON)
both = pytest.mark.parametrize("missed", list(MissedRuns))


@both
def test_nothing_is_done_before_the_time(missed: MissedRuns):
    assert advance(HOURLY, missed, STATE, NOON - timedelta(seconds=1)) == STATE
    assert advance(HOURLY, missed, ScheduleState(None), NOON) == ScheduleState(None)
    paused = ScheduleState(NOON, is_paused=True)
    assert advance(HOURLY, missed, paused, NOON) == paused


@both
@pytest.mark.parametrize("late", [timedelta(), timedelta(seconds=59), LATE])
def test_one_time_that_has_come_is_done(missed: MissedRuns, late: timedelta):
    now = NOON + late
    assert advance(HOURLY, missed, STATE, now) == ScheduleState(
        NOON + HOUR, pending=PendingRun(NOON, now)
    )


def test_missed_times_are_caught_up_once():
    now = NOON + 5 * HOUR + timedelta(minutes=30)
    after = advance(HOURLY, MissedRuns.ONCE, STATE, now)
    assert after.pending == PendingRun(NOON + 5 * HOUR, now)
    assert after.next_due == NOON + 6 * HOUR
    (run,) = after.runs
    assert (run.outcome, run.due_at, run.count) == (RunOutcome.MISSED, NOON, 5)
    assert "2026-01-01T17:00:00+00:00 stands for it" in run.message


def test_missed_times_are_skipped():
    now = NOON + 5 * HOUR + timedelta(minutes=30)
    after = advance(HOURLY, MissedRuns.SKIP, STATE, now)
    assert (after.pending, after.next_due) == (None, NOON + 6 * HOUR)
    (run,) = after.runs
    assert (run.outcome, run.due_at, run.count) == (RunOutcome.MISSED, NOON, 6)


def test_the_last_of_missed_times_is_done_if_it_is_hardly_late():
    now = NOON + 2 * HOUR + timedelta(minutes=1)
    after = advance(HOURLY, MissedRuns.SKIP, STATE, now)
    assert after.pending == PendingRun(NOON + 2 * HOUR, now)
    assert [run.count for run in after.runs] == [2]


def test_a_year_of_minutes_is_not_counted():
    each_minute, now = CronTrigger("* * * * *"), NOON + timedelta(days=365, seconds=30)
    after = advance(each_minute, MissedRuns.ONCE, STATE, now)
    assert after.pending is not None
    assert after.pending.due_at == NOON + timedelta(days=365)
    assert [run.count for run in after.runs] == [MAX_COUNTED]


def test_the_last_time_of_all():
    trigger = CronTrigger("0 * * * *", end_time=NOON)
    after = advance(trigger, MissedRuns.ONCE, STATE, NOON)
    assert (after.pending, after.next_due) == (PendingRun(NOON, NOON), None)
    assert after.is_waiting
    assert not ScheduleState(None).is_waiting


def test_only_the_last_runs_are_kept():
    state = STATE
    for number in range(RUNS_KEPT + 5):
        run = ScheduleRun(NOON, NOON, RunOutcome.STARTED, str(number))
        state = state.settled(run)
    assert [run.job for run in state.runs][:2] == ["24", "23"]
    assert len(state.runs) == RUNS_KEPT


TIME = "${{creation_context.trigger_time}}"


def test_the_time_is_filled_in():
    document: dict[str, Any] = {
        "properties": {
            "OutputData": {"o": {"uri": f"azureml://datastores/d/paths/{TIME}/p-{TIME}.csv"}},
            "dataset": {"path": "in/${{ creation_context.trigger_time : %Y/%m/%d }}/x"},
            "list": [TIME, 3, None],
        }
    }
    due_at = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    filled = fill(document, due_at, "Europe/Berlin", at="create_job")["properties"]
    place = "20260331T223000Z"
    assert filled["OutputData"]["o"]["uri"].endswith(f"paths/{place}/p-{place}.csv")
    assert filled["dataset"]["path"] == "in/ 2026/04/01 /x"
    assert filled["list"] == [place, 3, None]
    assert TIME in document["properties"]["list"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${{name}}", "'${{name}}' is unknown"),
        ("${{creation_context.trigger_time:%c}}", "the format '%c' is not read"),
        ("${{creation_context.trigger_time:%}}", "the format '%' is not read"),
        ("${{creation_context.trigger_time:}}", "the format '' is not read"),
    ],
)
def test_other_expressions_are_refused(text: str, reason: str):
    with pytest.raises(InvalidError) as caught:
        fill({"properties": {"dataset": {"path": text}}}, NOON, "UTC", at="create_job")
    assert reason in caught.value.message
    assert caught.value.target == "create_job.properties.dataset.path"


def form(**changes: Any) -> dict[str, Any]:
    return {"trigger": {"expression": "0 2 * * *"}, "create_job": {"properties": {}}, **changes}


def triggered(**more: str) -> dict[str, Any]:
    return form(trigger={"expression": "0 2 * * *", **more})


def test_times_are_local_unless_they_say_otherwise():
    trigger = {
        "type": "cron",
        "expression": "0 2  * * *",
        "time_zone": "W. Europe Standard Time",
        "start_time": "2026-07-10T10:00:00",
        "end_time": "2026-12-10T10:00:00-05:00",
    }
    read = read_schedule(form(trigger=trigger), name="nightly", endpoint="taxi").trigger
    assert (read.expression, read.time_zone) == ("0 2 * * *", "Europe/Berlin")
    assert read.start_time == datetime(2026, 7, 10, 8, tzinfo=UTC)
    assert read.end_time == datetime(2026, 12, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("document", "target", "reason"),
    [
        ({}, None, "lacks"),
        (triggered(type="recurrence"), "trigger.type", '"cron"'),
        (form(trigger={"expression": "0 2 * *"}), "trigger.expression", "4 fields"),
        (triggered(time_zone="Mars"), "trigger.time_zone", "Mars"),
        (triggered(start_time="soon"), "trigger.start_time", "soon"),
        (triggered(end_time="0001-01-01T00:00:00+14"), "trigger.end_time", "no time"),
        (
            triggered(start_time="2026-01-02", end_time="2026-01-01"),
            "trigger.end_time",
            "after start_time",
        ),
        (form(create_job={"name": "x"}), "create_job.name", "left out"),
        (form(missed="often"), "missed", "once"),
        (form(name="other"), "name", "addressed to"),
        (form(endpoint_name="other"), "endpoint_name", "addressed to"),
        (form(create_job=[]), "create_job", "a mapping"),
        (form(cron="x"), "cron", "unknown key"),
    ],
)
def test_wrong_documents_are_refused(document: dict[str, Any], target: str | None, reason: str):
    with pytest.raises(InvalidError) as caught:
        read_schedule(document, name="nightly", endpoint="taxi")
    assert caught.value.details[0].target == target
    assert reason in caught.value.message
