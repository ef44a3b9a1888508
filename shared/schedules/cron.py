"""Times of a cron expression in a time zone, also on the days on which clocks there change.

An expression names local times. An hour that is `*` means every hour that passes: such an
expression is due at each moment at which the local clock shows one of its times. So it skips times
that a change of the clocks leaves out, and is due twice where an hour comes twice. Any other
expression names times of a day, each of which is due once. As calendars have it (RFC 5545, 3.3.5:
https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5), a time that comes twice is meant where it
comes first, and one that is left out is meant as if the clocks had not been changed yet.

croniter matches the fields, and the rule for changes of the clocks is applied here. cronsim has
Debian's rule: it moves 02:30 to 03:00, where RFC 5545 has 03:30, and reads no fri-mon.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import CroniterBadDateError, CroniterError, croniter

from shared.documents.validation import invalid
from shared.errors import ErrorDetail

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DAYS = "sun|mon|tue|wed|thu|fri|sat"
# croniter reads more, such as what is due at random, which is not the same each time it is asked.
_FIELD = re.compile(rf"(?:[0-9*,/#-]|{_MONTHS}|{_DAYS}|l)+", re.IGNORECASE)
_FIELDS = 5
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
# No zone's clocks were ever put on by more: Samoa left out the 30th of December 2011.
_LONGEST_CHANGE = timedelta(hours=25)


@dataclass(frozen=True)
class CronTrigger:
    """Times at which something is due.

    Attributes:
        expression: Minute, hour, day of the month, month and day of the week.
        time_zone: The IANA name of the zone whose clocks count.
        start_time: Nothing is due before.
        end_time: Nothing is due after.
    """

    expression: str
    time_zone: str = "UTC"
    start_time: datetime | None = None
    end_time: datetime | None = None

    def next_after(self, moment: datetime) -> datetime | None:
        """The next time that is due after a moment, in UTC; None if none ever will be."""
        if self.start_time is not None:
            moment = max(moment, self.start_time - timedelta(microseconds=1))
        zone = ZoneInfo(self.time_zone)
        try:
            if self.expression.split()[1] in {"*", "*/1"}:
                due = _next_existing(self.expression, zone, moment.astimezone(UTC))
            else:
                due = _next_named(self.expression, zone, moment.astimezone(UTC))
        except CroniterBadDateError:
            return None
        return None if self.end_time is not None and due > self.end_time else due

    def last_until(self, moment: datetime, *, after: datetime) -> datetime:
        """The last time until a moment, itself included, that is due after another one.

        Args:
            moment: Until when.
            after: From when on; something must be due between the two.
        """
        span = _MINUTE
        while (found := self.next_after(max(moment - span, after))) is None or found > moment:
            span *= 2
        while (following := self.next_after(found)) is not None and following <= moment:
            found = following
        return found


def check_expression(expression: str, *, target: str) -> str:
    """The expression with single spaces.

    Args:
        expression: As the user wrote it.
        target: Where it stands in the document, for the error.

    Raises:
        InvalidError: It is no cron expression of five fields, or is never due.
    """
    fields = expression.split()
    problem = None
    if len(fields) != _FIELDS:
        problem = f"has {len(fields)} fields"
    elif wrong := [field for field in fields if not _FIELD.fullmatch(field)]:
        problem = f"has '{wrong[0]}', which is not read"
    else:
        problem = _problem(" ".join(fields))
    if problem is not None:
        message = (
            f"'{expression}' {problem}; write five fields (minute, hour, day of the month, month, "
            "day of the week), such as '30 2 * * mon-fri'"
        )
        raise invalid([ErrorDetail(message, target, "InvalidCronExpression")])
    return " ".join(fields)


def _problem(expression: str) -> str | None:
    try:
        croniter(expression, datetime(2024, 1, 1)).get_next(datetime)  # noqa: DTZ001 - any will do
    except CroniterBadDateError:
        return "names a day that never comes"
    except (CroniterError, ValueError, KeyError) as error:
        return f"is no cron expression ({error})"
    return None


def _local_times(expression: str, after: datetime) -> Iterator[datetime]:
    """Local times without a zone that an expression names, from the next minute on."""
    times = croniter(expression, after.replace(second=0, microsecond=0))
    while True:
        yield times.get_next(datetime)


def _next_existing(expression: str, zone: ZoneInfo, moment: datetime) -> datetime:
    """The next moment at which the local clock shows a time that an expression names."""
    offset = _offset(zone, moment)
    local = (moment + offset).replace(tzinfo=None)
    while True:
        due = (next(_local_times(expression, local)) - offset).replace(tzinfo=UTC)
        change = _first_change(zone, moment, due)
        if change is None:
            return due
        moment, offset = change, _offset(zone, change)
        local = (change + offset).replace(tzinfo=None) - _MINUTE


def _next_named(expression: str, zone: ZoneInfo, moment: datetime) -> datetime:
    """The next moment of a time of the day that an expression names."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    if _offset(zone, moment - _LONGEST_CHANGE) != _offset(zone, moment):
        local -= _LONGEST_CHANGE
    found: datetime | None = None
    for time in _local_times(expression, local):
        if found is not None and time >= found.astimezone(zone).replace(tzinfo=None):
            return found
        due = time.replace(tzinfo=zone).astimezone(UTC)
        if due > moment and (found is None or due < found):
            found = due
    raise AssertionError("local times never end")


def _first_change(zone: ZoneInfo, start: datetime, end: datetime) -> datetime | None:
    """The first whole second after `start`, until `end`, at which another offset holds."""
    offset = _offset(zone, start)
    low = start.replace(microsecond=0)
    while low < end:
        high = min(low + _DAY, end)
        if _offset(zone, high) != offset:
            break
        low = high
    else:
        return None
    while high - low > timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
