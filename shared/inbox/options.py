"""Settings for noticing and gathering files that land in the inbox."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class InboxSource(StrEnum):
    """Source of the inbox's files."""

    POLLING = "polling"
    EVENT_GRID = "eventgrid"
    OFF = "off"


@dataclass(frozen=True)
class InboxOptions:
    """The inbox's settings.

    Attributes:
        container: Where files land.
        queue: Where Event Grid delivers what landed, if it is the source.
        source: Who tells of them.
        schedule: When to look whether files have waited long enough (NCRONTAB).
        quiet: How long nothing must have landed before loose files are scored.
        longest: How long a loose file waits at most, while others keep landing.
        folder_wait: How long the files of a folder wait for its marker, before they are scored as
            loose ones are; None waits forever.
    """

    container: str
    queue: str
    source: InboxSource
    schedule: str
    quiet: timedelta
    longest: timedelta
    folder_wait: timedelta | None
