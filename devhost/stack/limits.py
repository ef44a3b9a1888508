"""Number of activities that a local host runs at once: twice the mini-batches that it can score.

More would keep work from other hosts on the same storage, which then find an empty queue.
"""

import os
from collections.abc import Mapping

SETTING = "AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions"
_SCORERS = "BATCHPOINT_MAX_SCORERS"


def activity_limit(environment: Mapping[str, str]) -> dict[str, str]:
    """Makes the setting that overrides host.json, unless somebody has set it.

    Args:
        environment: The host's settings. Without a number of scorers, each core has one at work.
    """
    if any(name.lower() == SETTING.lower() for name in environment):
        return {}
    given = environment.get(_SCORERS, "")
    scorers = int(given) if given.isdecimal() and int(given) else _cores()
    return {SETTING: str(2 * scorers)}


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
