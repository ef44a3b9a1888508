"""Time zones by the names that users give them."""

import difflib
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

from shared.documents.validation import invalid
from shared.errors import ErrorDetail

_WINDOWS = {name.lower(): zone for name, zone in win_tz.items()}


def time_zone_name(given: str, *, target: str) -> str:
    """The IANA name of a time zone, given by that name or by the one that Windows has for it.

    Azure ML's schedules name zones as Windows does:
    https://learn.microsoft.com/azure/machine-learning/reference-yaml-schedule#appendix

    Args:
        given: The name as the user wrote it.
        target: Where it stands in the document, for the error.

    Raises:
        InvalidError: There is no such zone; names what may have been meant.
    """
    for name in (given, _WINDOWS.get(given.lower(), given)):
        if _is_zone(name):
            return name
    near = difflib.get_close_matches(given, available_timezones(), n=1)
    hint = f"did you mean '{near[0]}'?" if near else "write one such as Europe/Berlin or UTC"
    message = f"there is no time zone '{given}'; {hint}"
    raise invalid([ErrorDetail(message, target, "UnknownTimeZone")])


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
