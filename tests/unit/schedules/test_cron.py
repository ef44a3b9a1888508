"""Times of schedules, on ordinary days and on those on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.schedules.cron import CronTrigger, check_expression
from shared.schedules.time_zones import time_zone_name

BERLIN = "Europe/Berlin"
LORD_HOWE = "Australia/Lord_Howe"  # Puts its clocks on by half an hour.


def due(expression: str, zone: str, after: str, count: int) -> str:
    """The next times as the clocks there show them, with their offsets in hours."""
    trigger, moment = CronTrigger(expression, zone), datetime.fromisoformat(after)
    found: list[str] = []
    for _ in range(count):
        following = trigger.next_after(moment)
        assert following is not None
        moment = following
        local = moment.astimezone(ZoneInfo(zone))
        hours, minutes = local.strftime("%z")[:3], local.strftime("%z")[3:]
        offset = f"{int(hours):+d}" + (f":{minutes}" if minutes != "00" else "")
        found.append(local.strftime("%d %H:%M") + offset)
    return ", ".join(found)


@pytest.mark.parametrize(
    ("expression", "zone", "after", "expected"),
    [
        # In Berlin, 02:00 to 03:00 of 29 March 2026 does not exist.
        ("30 2 * * *", BERLIN, "2026-03-28T00:00Z", "28 02:30+1, 29 03:30+2, 30 02:30+2"),
        ("30 * * * *", BERLIN, "2026-03-29T00:00Z", "29 01:30+1, 29 03:30+2, 29 04:30+2"),
        # 02:00 is the moment of 03:00, which is due as well: once.
        ("0,30 2,3 * * *", BERLIN, "2026-03-29T00:00Z", "29 03:00+2, 29 03:30+2, 30 02:00+2"),
        # The one that is meant as before the change comes after one that stands later.
        ("30 2,4 29 3 *", BERLIN, "2026-03-29T00:00Z", "29 03:30+2, 29 04:30+2"),
        ("10,50 2-3 29 3 *", BERLIN, "2026-03-29T00:00Z", "29 03:10+2, 29 03:50+2"),
        # There, 02:00 to 03:00 of 25 October 2026 comes twice.
        ("30 2 * * *", BERLIN, "2026-10-24T00:00Z", "24 02:30+2, 25 02:30+2, 26 02:30+1"),
        ("30 * * * *", BERLIN, "2026-10-24T23:40Z", "25 02:30+2, 25 02:30+1, 25 03:30+1"),
        ("20 1-4 * * *", BERLIN, "2026-10-25T00:25Z", "25 03:20+1, 25 04:20+1"),
        ("15 2 * * *", LORD_HOWE, "2026-10-02T20:00Z", "04 02:45+11, 05 02:15+11"),
        ("15 * * * *", LORD_HOWE, "2026-10-03T14:30Z", "04 01:15+10:30, 04 03:15+11"),
        # Samoa left out 30 December 2011: what was due then is what is due a day later.
        ("0 9 * * *", "Pacific/Apia", "2011-12-29T00:00Z", "29 09:00-10, 31 09:00+14, 01 09:00+14"),
        ("0 9 * * mon#1", "UTC", "2026-01-06T00:00Z", "02 09:00+0"),
        ("0 0 L * *", "UTC", "2026-02-01T00:00Z", "28 00:00+0"),
        ("0 0 13 * fri", "UTC", "2026-02-07T00:00Z", "13 00:00+0, 20 00:00+0"),
        # Strictly after: the moment itself, and its second, are not due again.
        ("*/15 * * * *", "UTC", "2026-02-01T00:15Z", "01 00:30+0"),
        ("*/15 * * * *", "UTC", "2026-02-01T00:14:59.9Z", "01 00:15+0"),
    ],
)  # fmt: skip
def test_next_due(expression: str, zone: str, after: str, expected: str):
    assert due(expression, zone, after, expected.count(",") + 1) == expected


def test_start_and_end():
    start, end = datetime(2026, 1, 10, 12, tzinfo=UTC), datetime(2026, 1, 12, 12, tzinfo=UTC)
    trigger = CronTrigger("0 12 * * *", "UTC", start, end)
    assert trigger.next_after(datetime(2026, 1, 1, tzinfo=UTC)) == start
    assert trigger.next_after(datetime(2026, 1, 11, 13, tzinfo=UTC)) == end
    assert trigger.next_after(end) is None


@given(
    days=st.floats(0, 3650),
    zone=st.sampled_from(["UTC", BERLIN, LORD_HOWE, "America/New_York", "Asia/Kathmandu"]),
    minute=st.integers(0, 59),
    hour=st.one_of(st.just("*"), st.integers(0, 23).map(str)),
)
def test_each_day_has_its_times(days: float, zone: str, minute: int, hour: str):
    """Later and later, and never more than a day and a change of the clocks apart."""
    trigger = CronTrigger(f"{minute} {hour} * * *", zone)
    now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=days)
    first = trigger.next_after(now)
    assert first is not None
    second = trigger.next_after(first)
    assert second is not None
    longest = timedelta(hours=2 if hour == "*" else 25)
    assert now < first <= now + longest
    assert first < second <= first + longest
    if hour == "*":
        assert first.astimezone(ZoneInfo(zone)).minute == minute


@given(st.integers(0, 60 * 24 * 400))
def test_the_last_time_is_that_after_which_none_is_left(minutes: int):
    trigger = CronTrigger("7 3,15 * * 1-5", BERLIN)
    after = datetime(2026, 1, 1, tzinfo=UTC)
    until = after + timedelta(days=5, minutes=minutes)
    last = trigger.last_until(until, after=after)
    following = trigger.next_after(last)
    assert last <= until
    assert following is not None
    assert following > until


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("* * * *", "has 4 fields"),
        ("0 * * * * *", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("61 * * * *", "out of range"),
        ("r * * * *", "has 'r', which is not read"),
        ("h h * * *", "has 'h', which is not read"),
        ("0 0 30 2 *", "names a day that never comes"),
        ("*/0 * * * *", "is no cron expression"),
        ("- - - - -", "is no cron expression"),
    ],
)
def test_refuses_what_is_no_expression(expression: str, reason: str):
    with pytest.raises(InvalidError, match="write five fields") as caught:
        check_expression(expression, target="trigger.expression")
    assert reason in caught.value.message
    assert caught.value.target == "trigger.expression"


def test_expressions_have_single_spaces():
    assert check_expression("  0 2\t* *  mon-fri ", target="t") == "0 2 * * mon-fri"


def test_zones_by_both_names():
    assert time_zone_name(BERLIN, target="t") == BERLIN
    assert time_zone_name("Pacific Standard Time", target="t") == "America/Los_Angeles"
    assert time_zone_name("w. europe standard time", target="t") == BERLIN


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("Europe/Berlim", "did you mean 'Europe/Berlin'?"),
        ("../etc/passwd", "such as"),
        ("Europe", "there is no time zone 'Europe'"),
    ],
)
def test_unknown_zones_are_refused(zone: str, hint: str):
    with pytest.raises(InvalidError) as caught:
        time_zone_name(zone, target="trigger.time_zone")
    assert hint in caught.value.message
    assert caught.value.details[0].code == "UnknownTimeZone"
