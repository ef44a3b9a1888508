"""Runs timer triggers on their NCRONTAB schedules, in UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from croniter import croniter

from devhost.app import AppError, Function, resolve
from devhost.workers.calls import TimerCall, Workers

_INTERVAL = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{2}):(\d{2})")

Schedule = Callable[[datetime], datetime]
"""Gives the next time after a given one."""


def read_schedule(text: str) -> Schedule:
    """Reads six fields (second, minute, hour, day, month, day of week) or an interval `hh:mm:ss`.

    Raises:
        AppError: It is neither.
    """
    interval = _INTERVAL.fullmatch(text)
    if interval is not None:
        days, hours, minutes, seconds = (int(part or 0) for part in interval.groups())
        pause = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return lambda moment: moment + pause
    fields = text.split()
    expression = " ".join(fields if len(fields) == 6 else ["0", *fields])
    if not croniter.is_valid(expression, second_at_beginning=True):
        raise AppError(f"the timer schedule {text!r} is not an NCRONTAB expression")

    def next_after(moment: datetime) -> datetime:
        # A day must match both its fields: NCRONTAB has no "or" between them, cron does.
        times = croniter(expression, moment, day_or=False, second_at_beginning=True)
        return times.get_next(datetime)

    return next_after


async def run_timer(function: Function, workers: Workers) -> None:
    """Calls a timer's function whenever it is due, until cancelled; its runs never overlap.

    Raises:
        AppError: Its schedule is not valid.
    """
    next_after = read_schedule(resolve(str(function.trigger["schedule"])))
    if function.trigger.get("runOnStartup"):
        await workers.call(function.name, TimerCall())
    while True:
        now = datetime.now(UTC)
        await asyncio.sleep((next_after(now) - now).total_seconds())
        await workers.call(function.name, TimerCall())
